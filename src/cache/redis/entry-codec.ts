import { hash } from 'node:crypto';
import type { CallEntry, CallVersion } from '../../calls/call-entry.js';

/** Says whose value it is and how it is laid out; the number changes with the layout. */
export const MAGIC = 'cf2';

/** Where the checksum ends and what it covers begins: the first 48 bits of a SHA-1. */
export const CHECKED_FROM = MAGIC.length + 6;

/** Where each field begins; numbers are big-endian. `put-script.ts` reads the first three as `>BdI6`. */
const RANK = CHECKED_FROM;
const MODIFIED = RANK + 1;
const USABLE_UNTIL = MODIFIED + 8;
const FRESH_UNTIL = USABLE_UNTIL + 6;
const FETCHED_AT = FRESH_UNTIL + 6;
const ETAG_LENGTH = FETCHED_AT + 6;
const ETAG = ETAG_LENGTH + 1;

/** It goes into a header, and whoever can write to Redis can make a checksum. */
const SAFE_TAG = /^[\w-]*$/;

const LATEST = 2 ** 48 - 1;

/**
 * An entry as the bytes Redis keeps: 59 of fields before the body, because every byte here is a megabyte per million calls.
 *
 *     "cf2" checksum(6) rank(1) modifiedMs(8, NaN: none) usableUntil(6) freshUntil(6) fetchedAt(6) length(1) etag body
 *
 * The checksum covers the key and all that follows the checksum, so that a value copied to another key is not taken for that
 * key's. It is SHA-1 because it guards against accidents only, and Redis's Lua can compute it too. Times are kept to the
 * millisecond, the tag without its quotes. `key` is ASCII.
 */
export function encodeEntry(key: string, entry: CallEntry): Buffer {
  const { version, etag, body } = entry;
  const tag = etag.slice(1, -1);
  const bytes = Buffer.alloc(ETAG + tag.length + body.length);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt8(version.rank, RANK);
  bytes.writeDoubleBE(version.modifiedMs ?? NaN, MODIFIED);
  bytes.writeUIntBE(timeField(entry.usableUntil), USABLE_UNTIL, 6);
  bytes.writeUIntBE(timeField(entry.freshUntil), FRESH_UNTIL, 6);
  bytes.writeUIntBE(timeField(entry.fetchedAt), FETCHED_AT, 6);
  bytes.writeUInt8(tag.length, ETAG_LENGTH);
  bytes.write(tag + body, ETAG, 'latin1');
  bytes.write(checksum(key, bytes), MAGIC.length, 'hex');
  return bytes;
}

/** The entry in a value found under `key`; undefined if the value is not one that `encodeEntry` made for this key. */
export function decodeEntry(key: string, bytes: Buffer): CallEntry | undefined {
  if (bytes.length < ETAG || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  if (bytes.toString('hex', MAGIC.length, CHECKED_FROM) !== checksum(key, bytes)) return undefined;

  const rank = bytes.readUInt8(RANK);
  const modifiedMs = bytes.readDoubleBE(MODIFIED);
  const bodyAt = ETAG + bytes.readUInt8(ETAG_LENGTH);
  const tag = bytes.toString('latin1', ETAG, bodyAt);
  if (!SAFE_TAG.test(tag)) return undefined;
  return {
    body: bytes.toString('latin1', bodyAt),
    etag: `"${tag}"`,
    version: {
      modifiedMs: Number.isNaN(modifiedMs) ? null : modifiedMs,
      rank: rank === 2 ? 2 : rank === 1 ? 1 : 0,
    },
    fetchedAt: bytes.readUIntBE(FETCHED_AT, 6),
    freshUntil: bytes.readUIntBE(FRESH_UNTIL, 6),
    usableUntil: bytes.readUIntBE(USABLE_UNTIL, 6),
  };
}

/** How the script that compares values is told `modifiedMs`. */
export function modifiedField(version: CallVersion): string {
  return version.modifiedMs === null ? '-' : String(version.modifiedMs);
}

function timeField(ms: number): number {
  return Math.min(LATEST, Math.max(0, Math.round(ms)));
}

/** 12 hex digits. */
function checksum(key: string, bytes: Buffer): string {
  const checked = Buffer.allocUnsafe(key.length + bytes.length - CHECKED_FROM);
  checked.write(key, 0, 'latin1');
  bytes.copy(checked, key.length, CHECKED_FROM);
  return hash('sha1', checked, 'hex').slice(0, 12);
}
