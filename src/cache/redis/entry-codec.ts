import { hash } from 'node:crypto';
import type { CallEntry, CallVersion } from '../../calls/call-entry.js';

/** Says whose value it is and how it is laid out; the number changes with the layout. */
export const MAGIC = 'callfire-entry/1 ';

/** Where the checksum ends and what it covers begins: SHA-1 as 40 hex digits, and a space. */
export const CHECKED_FROM = MAGIC.length + 41;

const LINE_FEED = 0x0a;

/**
 * An entry as the bytes Redis keeps: one line of fields, then the body.
 *
 *     callfire-entry/1 <sha1> <key> <modified or -> <rank> <usableUntil> <freshUntil> <fetchedAt> <etag>
 *
 * The key is among them, so that a value copied to another key is not taken for that key's. The checksum covers all
 * that follows it. It is SHA-1 because it guards against accidents only, and Redis's Lua can compute it too.
 * `key` is ASCII without white space.
 */
export function encodeEntry(key: string, entry: CallEntry): Buffer {
  const { version, usableUntil, freshUntil, fetchedAt, etag, body } = entry;
  const fields = [key, modifiedField(version), version.rank, usableUntil, freshUntil, fetchedAt, etag];
  const checked = Buffer.from(`${fields.join(' ')}\n${body}`, 'latin1');
  return Buffer.concat([Buffer.from(`${MAGIC}${checksum(checked)} `, 'latin1'), checked]);
}

/** The entry in a value found under `key`; undefined if the value is not one that `encodeEntry` made for this key. */
export function decodeEntry(key: string, bytes: Buffer): CallEntry | undefined {
  const lineEnd = bytes.indexOf(LINE_FEED);
  if (lineEnd < CHECKED_FROM) return undefined;
  const line = bytes.toString('latin1', 0, lineEnd);
  if (!line.startsWith(`${MAGIC}${checksum(bytes.subarray(CHECKED_FROM))} `)) return undefined;

  const fields = line.slice(CHECKED_FROM).split(' ');
  const [storedKey, modified, rank, usableUntil, freshUntil, fetchedAt, etag = ''] = fields;
  if (storedKey !== key || fields.length !== 7) return undefined;
  return {
    body: bytes.toString('latin1', lineEnd + 1),
    etag,
    version: {
      modifiedMs: modified === '-' ? null : Number(modified),
      rank: rank === '2' ? 2 : rank === '1' ? 1 : 0,
    },
    fetchedAt: Number(fetchedAt),
    freshUntil: Number(freshUntil),
    usableUntil: Number(usableUntil),
  };
}

/** How the value and the script that compares values write `modifiedMs`. */
export function modifiedField(version: CallVersion): string {
  return version.modifiedMs === null ? '-' : String(version.modifiedMs);
}

function checksum(bytes: Buffer): string {
  return hash('sha1', bytes, 'hex');
}
