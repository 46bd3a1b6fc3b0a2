import { describe, expect, it } from '@jest/globals';
import { withConsumer, withKey, withoutConsumer, withoutKey } from '../../../src/access/consumers-book.js';
import type { ConsumersDocument } from '../../../src/config/consumers-file.js';

const hash = (start: string) => start.padEnd(64, '0');
const key = (start: string) => ({ sha256: hash(start), expires: '2027-01-31T00:00:00+02:00' });

const BOOK: ConsumersDocument = {
  consumers: [
    { name: 'web', keys: [key('aaaaaaaa1'), key('aaaaaaaa2')], limit: { requests: 1, seconds: 2 } },
    { name: 'app', keys: [] },
  ],
};

describe('the consumers in the file', () => {
  it('are edited in a copy, with whatever else the file says', () => {
    const before = structuredClone(BOOK);
    const [web, app] = BOOK.consumers;
    const third = { name: 'third', keys: [key('b')] };
    expect(withConsumer(BOOK, third)).toEqual({ consumers: [web, app, third] });
    expect(withoutConsumer(BOOK, 'web')).toEqual({ consumers: [app] });
    expect(withKey(BOOK, 'app', key('c'))).toEqual({ consumers: [web, { name: 'app', keys: [key('c')] }] });
    expect(withoutKey(BOOK, 'web', 'aaaaaaaa1')).toEqual({
      consumers: [{ ...web, keys: [key('aaaaaaaa2')] }, app],
    });
    expect(BOOK).toEqual(before);
  });

  it.each([
    ['a name that is there', () => withConsumer(BOOK, { name: 'web', keys: [] }), /exists already/],
    ['a name that is not', () => withoutConsumer(BOOK, 'toString'), /no consumer/],
    ['a key for nobody', () => withKey(BOOK, 'nobody', key('c')), /no consumer/],
    ['a hash of several keys', () => withoutKey(BOOK, 'web', 'aaaaaaaa'), /several keys/],
    ['a hash of no key', () => withoutKey(BOOK, 'web', 'bbbbbbbb'), /no key/],
    ['fewer than 8 digits', () => withoutKey(BOOK, 'web', 'aaaaaaa'), /8 or more/],
    ['what is no hash', () => withoutKey(BOOK, 'web', 'cfgw_aaaaaaa'), /8 or more/],
  ])('refuse %s', (_case, edit, reason) => {
    expect(edit).toThrow(reason);
  });
});
