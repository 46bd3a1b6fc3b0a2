import { describe, expect, it } from '@jest/globals';
import { decodeEntry, encodeEntry } from '../../../../src/cache/redis/entry-codec.js';
import { anEntry, finished } from '../entries.js';

const KEY = 'callfire-gateway:v1:a:224205636001';
const BODY = Buffer.from('{"note":"Grüße, 你好\\n"}', 'utf8').toString('latin1');

describe('encodeEntry and decodeEntry', () => {
  it.each([
    ['a finished call', anEntry({ body: BODY })],
    ['no modified', anEntry({ version: finished(null) })],
    ['another end state', anEntry({ version: { modifiedMs: 5, rank: 1 } })],
    ['a call in progress', anEntry({ version: { modifiedMs: -5, rank: 0 } })],
    ['an empty body', anEntry({ body: '' })],
    ['a body of line feeds', anEntry({ body: '\n\n' })],
  ])('give back what was put in: %s', (_name, entry) => {
    expect(decodeEntry(KEY, encodeEntry(KEY, entry))).toEqual(entry);
  });

  it('refuse every truncation', () => {
    const bytes = encodeEntry(KEY, anEntry({ body: BODY }));
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeEntry(KEY, bytes.subarray(0, length))).toBeUndefined();
    }
  });

  it('refuse every change of a single byte', () => {
    const bytes = encodeEntry(KEY, anEntry({ body: BODY }));
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      expect(decodeEntry(KEY, changed)).toBeUndefined();
    }
  });

  it("refuse another key's value", () => {
    expect(decodeEntry(`${KEY}0`, encodeEntry(KEY, anEntry()))).toBeUndefined();
  });

  it.each(['', '\n', '{"id":"1"}', `callfire-entry/1 ${'0'.repeat(40)} \n`, 'x'.repeat(200) + '\n'])(
    'refuse foreign text: %j',
    (text) => {
      expect(decodeEntry(KEY, Buffer.from(text))).toBeUndefined();
    },
  );
});
