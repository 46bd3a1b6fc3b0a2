import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { API_KEY_LENGTH, createApiKey, hashApiKey } from '../../../src/access/api-key.js';

describe('createApiKey', () => {
  it('makes keys of one form and length, never twice the same', () => {
    const keys = Array.from({ length: 1000 }, createApiKey);
    for (const key of keys) expect(key).toMatch(/^cfgw_[0-9A-Za-z]{49}$/);
    for (const key of keys) expect(key).toHaveLength(API_KEY_LENGTH);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('uses every digit at every place that 256 bits reach', () => {
    const keys = Array.from({ length: 3000 }, createApiKey);
    for (let place = 6; place < API_KEY_LENGTH - 6; place += 1)
      expect(new Set(keys.map((key) => key.charAt(place))).size).toBe(62);
  });

  it('ends them in the checksum that scanners are told of: CRC-32 in base62, in six digits', () => {
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const valueOf = (text: string) =>
      Array.from(text).reduce((value, digit) => value * 62 + digits.indexOf(digit), 0);
    for (const key of Array.from({ length: 1000 }, createApiKey))
      expect(valueOf(key.slice(-6))).toBe(crc32(key.slice(0, -6)));
  });
});

describe('hashApiKey', () => {
  it('is SHA-256 in lower-case hex', () => {
    expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
