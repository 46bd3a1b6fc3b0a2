import type { ByteStream } from './answer.js';
import { randomFor } from './random.js';

const BLOCK_BYTES = 65_536;
const DEFAULT_BYTES = 24_000;

/**
 * Bytes that look like audio, the same for the same name. Their number is `bytes` if given, N for the name `big-N`,
 * else 24,000; they are made while they are sent.
 */
export function recordingAudio(name: string, format: 'mp3' | 'wav', bytes: number | undefined): ByteStream {
  const named = /^big-([0-9]{1,15})$/.exec(name)?.[1];
  const length = bytes ?? (named === undefined ? DEFAULT_BYTES : Number(named));
  return { length, chunks: () => blocks(name, format, length) };
}

function* blocks(name: string, format: 'mp3' | 'wav', length: number): Generator<Buffer> {
  const first = noise(name);
  const block = Buffer.from(first);
  first.set(format === 'mp3' ? Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1') : wavHeader(length));
  for (let sent = 0; sent < length; sent += BLOCK_BYTES) {
    yield (sent === 0 ? first : block).subarray(0, length - sent);
  }
}

function noise(name: string): Buffer {
  const random = randomFor(0, name);
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at += 4) block.writeUInt32LE(Math.floor(random() * 4294967296), at);
  return block;
}

/** Mono, 8 kHz, 16 bits: the 44 bytes before the samples. Lengths beyond 32 bits are written as the largest. */
function wavHeader(length: number): Buffer {
  const header = Buffer.alloc(44);
  const size = (bytes: number): number => Math.min(Math.max(bytes, 0), 0xffffffff);
  header.write('RIFF', 0);
  header.writeUInt32LE(size(length - 8), 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(16_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(size(length - 44), 40);
  return header;
}
