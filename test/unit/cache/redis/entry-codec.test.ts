import { describe, expect, it } from '@jest/globals';
import { decodeEntry, encodeEntry } from '../../../../src/cache/redis/entry-codec.js';
import { anEntry, finished } from '../entries.js';

const KEY = 'callfire-gateway:v1:a:224205636001';
const BODY = Buffer.from('{"note":"Grüße, 你好\\n"}', 'utf8').toString('latin1');

describe('encodeEntry and decodeEntry', () => {
  it.each([
    ['a finished call', anEntry({ body: BODY })],
    ['no modified', anEntry({ version: finished(null) })],
    ['a modified with a fraction of a millisecond', anEntry({ version: finished(1_402_947_314_000.125) })],
    ['another end state', anEntry({ version: { modifiedMs: 5, rank: 1 } })],
    ['a call in progress', anEntry({ version: { modifiedMs: -5, rank: 0 } })],
    ['times far away', anEntry({ fetchedAt: 0, freshUntil: 1, usableUntil: Date.UTC(9999, 11, 31) })],
    ['a long tag', anEntry({ etag: `"${'x'.repeat(255)}"` })],
    ['an empty tag and body', anEntry({ etag: '""', body: '' })],
    ['a body of line feeds', anEntry({ body: '\n\n' })],
    ['every byte', anEntry({ body: String.fromCharCode(...Array(256).keys()) })],
  ])('give back what was put in: %s', (_name, entry) => {
    expect(decodeEntry(KEY, encodeEntry(KEY, entry))).toEqual(entry);
  });

  it('add at most 60 bytes to the body and its tag of 22', () => {
    expect(encodeEntry(KEY, anEntry({ body: '' })).length).toBeLessThanOrEqual(60);
  });

  it('keep the body as its last bytes, just as it is', () => {
    const bytes = encodeEntry(KEY, anEntry({ body: BODY }));
    expect(bytes.toString('latin1').endsWith(BODY)).toBe(true);
  });

  it('refuse every truncation', () => {
    const bytes = encodeEntry(KEY, anEntry({ body: BODY }));
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeEntry(KEY, bytes.subarray(0, length))).toBeUndefined();
    }
  });

  it('refuse a value that has grown', () => {
    const bytes = encodeEntry(KEY, anEntry({ body: BODY }));
    expect(decodeEntry(KEY, Buffer.concat([bytes, Buffer.from('}')]))).toBeUndefined();
  });

  it('refuse every change of a single bit', () => {
    const bytes = encodeEntry(KEY, anEntry({ body: BODY }));
    for (let at = 0; at < bytes.length * 8; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(bytes.readUInt8(at >> 3) ^ (1 << (at & 7)), at >> 3);
      expect(decodeEntry(KEY, changed)).toBeUndefined();
    }
  });

  it('refuse a tag that no header can hold, whatever the checksum says', () => {
    for (const tag of ['a\r\nX-Other: b', 'a\nb', 'a"b', 'a b', 'é'])
      expect(decodeEntry(KEY, encodeEntry(KEY, anEntry({ etag: `"${tag}"` })))).toBeUndefined();
  });

  it("refuse another key's value", () => {
    expect(decodeEntry(`${KEY}0`, encodeEntry(KEY, anEntry()))).toBeUndefined();
  });

  it.each(['', '\n', '{"id":"1"}', 'cf2', `cf2${'0'.repeat(200)}`, 'x'.repeat(200)])(
    'refuse foreign text: %j',
    (text) => {
      expect(decodeEntry(KEY, Buffer.from(text))).toBeUndefined();
    },
  );
});
