import { table } from './report.mjs';

const COMPOSE_BYTES = 256 * 2 ** 20;

/** Markdown for what calls take in Redis. */
export function redisMemoryTable([result]) {
  if (result === undefined) return '';
  const { calls, bytes, tracked, key, fields, json } = result;
  const own = bytes - key - fields - json;
  const rows = [
    ['a call', bytes.toFixed(0)],
    ['its JSON', json.toFixed(0)],
    ['its key', key.toFixed(0)],
    ['times, tag and checksum', fields.toFixed(0)],
    ["Redis's own: tables, expiry, rounding up", own.toFixed(0)],
    ['a million calls, MB', bytes.toFixed(0)],
    ['calls that 256 MiB hold', (COMPOSE_BYTES / bytes).toFixed(0)],
    ['added where a memory tier has read the call', tracked.toFixed(0)],
  ];
  return table([`bytes in Redis (allkeys-lfu), ${calls} calls`, ''], rows);
}
