/** How many slots the keys of a Redis Cluster are divided into. */
export const SLOTS = 16_384;

/**
 * The slot of a key, as in the Redis Cluster specification ("Key distribution model"): CRC16 (XMODEM) of the key, or of what
 * stands between its first `{` and the next `}`, if anything does. `key` is ASCII.
 */
export function slotOf(key: string): number {
  let from = 0;
  let to = key.length;
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  if (close > open + 1) [from, to] = [open + 1, close];
  let crc = 0;
  for (let i = from; i < to; i += 1)
    crc = ((crc << 8) & 0xffff) ^ (TABLE[(crc >> 8) ^ key.charCodeAt(i)] ?? 0);
  return crc % SLOTS;
}

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});
