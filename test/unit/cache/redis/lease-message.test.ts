import { describe, expect, it } from '@jest/globals';
import { decodeOutcome, encodeOutcome } from '../../../../src/cache/redis/lease-message.js';
import { GatewayError } from '../../../../src/errors.js';
import { anEntry } from '../entries.js';

const KEY = 'callfire-gateway:v1:a:224205636001';
const NOW = Date.now();

const errors = [
  new GatewayError('call-not-found', 'CallFire has no call with this id.', {
    upstream: { status: 404, message: 'no call – 7' },
  }),
  new GatewayError('upstream-error', 'Try again.', { upstream: { status: 500, message: null } }),
  new GatewayError('upstream-rate-limited', 'Wait.', { retryAfterSeconds: 7 }),
  new GatewayError('upstream-timeout', ''),
];

describe('encodeOutcome and decodeOutcome', () => {
  it.each([
    ['a finished call', anEntry()],
    [
      'a call in progress',
      anEntry({ version: { modifiedMs: null, rank: 0 }, freshUntil: NOW, fetchedAt: NOW }),
    ],
    ['a body that is bytes', anEntry({ body: Buffer.from('{"note":"Grüße 🙂\\n"}').toString('latin1') })],
  ])('carry an entry: %s', (_name, entry) => {
    expect(decodeOutcome(KEY, encodeOutcome(KEY, { entry }))).toEqual({ entry });
  });

  it.each(errors)('carry an error: $code', (error) => {
    const decoded = decodeOutcome(KEY, encodeOutcome(KEY, { error }));
    expect(decoded).toEqual({ error: expect.any(GatewayError) as unknown });
    expect(decoded).toMatchObject({
      error: {
        code: error.code,
        message: error.message,
        upstream: error.upstream,
        retryAfterSeconds: error.retryAfterSeconds,
      },
    });
  });

  it("leave out an error's cause", () => {
    const error = new GatewayError('upstream-error', 'Try again.', { cause: new Error('inner workings') });
    expect(encodeOutcome(KEY, { error }).toString()).not.toContain('inner workings');
  });

  it('carry nothing where there is no outcome', () => {
    expect(decodeOutcome(KEY, encodeOutcome(KEY, undefined))).toBeUndefined();
  });

  it('carry nothing of what is larger than a mebibyte', () => {
    const entry = anEntry({ body: 'x'.repeat(1024 * 1024) });
    const error = new GatewayError('upstream-error', 'x'.repeat(1024 * 1024));
    expect(encodeOutcome(KEY, { entry }).length).toBeLessThan(100);
    expect(encodeOutcome(KEY, { error }).length).toBeLessThan(100);
    expect(decodeOutcome(KEY, encodeOutcome(KEY, { entry }))).toBe('untold');
  });

  it('carry no error that is not of a fetch', () => {
    const error = new GatewayError('internal-error', 'A bug.');
    expect(decodeOutcome(KEY, encodeOutcome(KEY, { error }))).toBeUndefined();
  });

  it.each([
    ['an entry', encodeOutcome(KEY, { entry: anEntry() })],
    ['an error', encodeOutcome(KEY, { error: new GatewayError('upstream-error', 'Try again.') })],
  ])("refuse every truncation, and another key's: %s", (_name, bytes) => {
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeOutcome(KEY, bytes.subarray(0, length))).toBeUndefined();
    }
    expect(decodeOutcome(`${KEY}0`, bytes)).toBeUndefined();
  });

  const valid = { key: KEY, code: 'upstream-error', detail: 'Try again.' };
  it.each<[string, unknown]>([
    ['no object', null],
    ['a list', []],
    ['an unknown code', { ...valid, code: 'upstream-moody' }],
    ["a code of an object's own", { ...valid, code: 'constructor' }],
    ['no code', { ...valid, code: undefined }],
    ['no detail', { ...valid, detail: undefined }],
    ['a detail that is no text', { ...valid, detail: 7 }],
    ['an upstream that is no object', { ...valid, upstream: 'down' }],
    ['an upstream that is null', { ...valid, upstream: null }],
    ['an upstream without a message', { ...valid, upstream: { status: 500 } }],
    ['an upstream with a status that is text', { ...valid, upstream: { status: '500', message: null } }],
    ['a fraction of a second', { ...valid, retryAfterSeconds: 0.5 }],
    ['a negative number of seconds', { ...valid, retryAfterSeconds: -1 }],
    ['seconds that are text', { ...valid, retryAfterSeconds: '7' }],
  ])('refuse an error with %s', (_name, fields) => {
    const message = (value: unknown) => Buffer.from(`callfire-error/1 ${JSON.stringify(value)}`);
    expect(decodeOutcome(KEY, message(valid))).toBeDefined();
    expect(decodeOutcome(KEY, message(fields))).toBeUndefined();
  });

  it.each(['', ' ', 'claim-again', '{"code":"upstream-error"}', 'callfire-error/1 {', 'callfire-error/2 {}'])(
    'refuse foreign text: %j',
    (text) => {
      expect(decodeOutcome(KEY, Buffer.from(text))).toBeUndefined();
    },
  );
});
