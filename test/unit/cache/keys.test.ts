import { describe, expect, it } from '@jest/globals';
import { accountDigest, createKeyMaker, createLimitKeyMaker } from '../../../src/cache/keys.js';

describe('createKeyMaker', () => {
  it('names prefix, schema version, account and call', () => {
    const makeKey = createKeyMaker({ prefix: 'callfire-gateway', account: 'sales' });
    expect(makeKey('42')).toBe('callfire-gateway:v1:sales:42');
  });

  it('keeps colons that divide the prefix', () => {
    expect(createKeyMaker({ prefix: 'prod:calls', account: 'a' })('1')).toBe('prod:calls:v1:a:1');
  });

  it.each([
    [
      { prefix: 'p', account: 'a:v1:b' },
      { prefix: 'p:v1:a', account: 'b' },
    ],
    [
      { prefix: 'p', account: 'a:b' },
      { prefix: 'p', account: 'a%3Ab' },
    ],
    [
      { prefix: 'p:q', account: 'a' },
      { prefix: 'p%3Aq', account: 'a' },
    ],
    [
      { prefix: 'p', account: 'a b' },
      { prefix: 'p', account: 'a%20b' },
    ],
  ])('gives %j and %j different keys', (one, other) => {
    expect(createKeyMaker(one)('1')).not.toBe(createKeyMaker(other)('1'));
  });

  it('makes keys without white space, whatever the names', () => {
    expect(createKeyMaker({ prefix: 'a b\n', account: 'Müller & Söhne' })('1')).toMatch(/^[!-~]+$/);
  });
});

describe('createLimitKeyMaker', () => {
  it('names prefix, consumer and the length of the window', () => {
    expect(createLimitKeyMaker('prod:calls')('web', 60)).toBe('prod:calls:limit:web:60');
  });

  it('gives each consumer a key of its own, without white space', () => {
    const keyOf = createLimitKeyMaker('p');
    const keys = ['a', 'a:60', 'a%3A60', 'a b', 'a%20b', 'Müller'].map((name) => keyOf(name, 60));
    expect(new Set(keys).size).toBe(6);
    for (const key of keys) expect(key).toMatch(/^[!-~]+$/);
  });
});

describe('accountDigest', () => {
  const base = new URL('https://www.callfire.com/api/1.1/rest');

  it('is the same for the same account, with or without a slash at the end', () => {
    expect(accountDigest(new URL(`${base.href}/`), 'login')).toBe(accountDigest(base, 'login'));
  });

  it('differs by login and by base URL', () => {
    const digests = [
      accountDigest(base, 'login'),
      accountDigest(base, 'login2'),
      accountDigest(new URL('https://example.com/api/1.1/rest'), 'login'),
    ];
    expect(new Set(digests).size).toBe(3);
  });

  it('does not show the login', () => {
    expect(accountDigest(base, 'abc')).toMatch(/^[\w-]{22}$/);
  });
});
