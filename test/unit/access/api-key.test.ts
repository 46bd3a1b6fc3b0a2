import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { API_KEY_LENGTH, createApiKey, hashApiKey, isApiKey } from '../../../src/access/api-key.js';

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
});

describe('isApiKey', () => {
  it('takes what was made', () => {
    for (let i = 0; i < 1000; i += 1) expect(isApiKey(createApiKey())).toBe(true);
  });

  it('computes the checksum that is documented: CRC-32 in base62', () => {
    expect(isApiKey(`cfgw_${'0'.repeat(43)}4TLqT1`)).toBe(true);
  });

  it('refuses a key with one character changed, left out or put in', () => {
    const digit = fc.constantFrom('0', '1', '9', 'A', 'Z', 'a', 'z', '_');
    fc.assert(
      fc.property(fc.nat(API_KEY_LENGTH - 1), digit, (at, character) => {
        const key = createApiKey();
        const changed = key.slice(0, at) + character + key.slice(at + 1);
        expect(isApiKey(changed)).toBe(changed === key);
        expect(isApiKey(key.slice(0, at) + key.slice(at + 1))).toBe(false);
        expect(isApiKey(key.slice(0, at) + character + key.slice(at))).toBe(false);
      }),
    );
  });

  it.each(['upper case', 'white space', 'a line end'])('refuses %s', (what) => {
    const key = createApiKey();
    const spoilt = { 'upper case': key.toUpperCase(), 'white space': ` ${key}`, 'a line end': `${key}\n` };
    expect(isApiKey(spoilt[what as keyof typeof spoilt])).toBe(false);
  });

  it('refuses any other text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        expect(isApiKey(text)).toBe(false);
        expect(isApiKey(`cfgw_${text}`)).toBe(false);
      }),
    );
  });
});

describe('hashApiKey', () => {
  it('is SHA-256 in lower-case hex', () => {
    expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
