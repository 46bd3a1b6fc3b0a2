import { describe, expect, it } from '@jest/globals';
import { errors, jwtVerify } from 'jose';
import { RemoteKeys } from '../../../src/access/remote-keys.js';
import { createTokens, type Tokens } from '../../../src/access/tokens.js';
import type { TokenConfig } from '../../../src/config/tokens.js';
import { GatewayError } from '../../../src/errors.js';
import { RecordingLog } from '../../support/recording-log.js';
import { until } from '../../support/until.js';
import {
  createSigner,
  NOW,
  startPublisher,
  tokenConfig,
  type Publisher,
  type Signer,
} from '../../support/issuer.js';

const [first, second] = await Promise.all([createSigner('k1'), createSigner('k2')]);
const namesake = await createSigner('k1');
const RULES = { currentDate: new Date(NOW) };

const MINUTE = 60_000;

interface Options {
  readonly keys: TokenConfig['keys'];
  readonly previous?: Tokens;
}

function checking({ keys, previous }: Options) {
  const clock = { elapsed: 0 };
  const log = new RecordingLog();
  const tokens = createTokens(tokenConfig(keys), {
    accounts: ['main'],
    log,
    now: () => NOW,
    elapsed: () => clock.elapsed,
    previous,
  });
  const check = (token: string) =>
    tokens.verify(token).then(
      ({ name }) => name,
      (error: unknown) => (error instanceof GatewayError ? error.code : String(error)),
    );
  return { tokens, clock, log, check };
}

const failures: [string, (publisher: Publisher) => void][] = [
  ['resets connections', (it) => (it.answer = (request) => void request.socket.resetAndDestroy())],
  ['answers 500', (it) => (it.answer = (_, response) => response.writeHead(500).end('{"keys":[]}'))],
  ['answers HTML', (it) => (it.answer = (_, response) => response.end('<html>secret-page</html>'))],
  ['answers other JSON', (it) => (it.answer = (_, response) => response.end('{"error":"no"}'))],
  ['answers no keys', (it) => (it.answer = (_, response) => response.end('{"keys":[]}'))],
  ['answers keys that are none', (it) => (it.answer = (_, response) => response.end('{"keys":[1]}'))],
  ['breaks off', (it) => (it.answer = (_, response) => response.write('{"keys":', () => response.destroy()))],
  [
    'answers endlessly',
    (it) =>
      (it.answer = (_, response) => {
        endless(() => response.write('x'.repeat(65_536)));
      }),
  ],
];

function endless(write: () => boolean): void {
  while (write());
  setImmediate(() => {
    for (let i = 0; i < 20; i += 1) write();
  });
}

describe('keys that are fetched', () => {
  it('are fetched when the first token comes, once for all that come together', async () => {
    const publisher = await startPublisher(first);
    const { check } = checking({ keys: publisher.url });
    expect(publisher.asked).toBe(0);
    const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => first.sign({ sub })));
    expect(await Promise.all(tokens.map(check))).toEqual(['token:a', 'token:b', 'token:c']);
    expect(publisher.asked).toBe(1);
  });

  it('are fetched again when the issuer signs with a new one', async () => {
    const publisher = await startPublisher(first);
    const { check, clock } = checking({ keys: publisher.url });
    await check(await first.sign());
    publisher.publish(first, second);
    clock.elapsed = MINUTE;
    expect(await check(await second.sign())).toBe('token:anna');
    expect(publisher.asked).toBe(2);
  });

  it('are fetched again for a new one though they were fetched a moment ago', async () => {
    const publisher = await startPublisher(first);
    const { check, clock } = checking({ keys: publisher.url });
    await check(await first.sign());
    publisher.publish(first, second);
    clock.elapsed = 5_000;
    expect(await check(await second.sign())).toBe('token:anna');
    expect(publisher.asked).toBe(2);
  });

  it('are fetched again for a new one though what is under way left before it was published', async () => {
    const publisher = await startPublisher(first);
    const { check } = checking({ keys: publisher.url });
    await check(await first.sign());
    const held: (() => void)[] = [];
    publisher.answer = (_, response) => {
      held.push(() => response.end(JSON.stringify({ keys: [first.jwk] })));
    };
    const stranger = check(await first.sign({}, { kid: 'made-up' }));
    await until(() => held.length === 1);
    publisher.publish(first, second);
    const early = check(await second.sign());
    held[0]?.();
    expect(await stranger).toBe('unauthenticated');
    expect(await early).toBe('token:anna');
  });

  it('are not fetched again and again for key ids that are made up, and a new one is found meanwhile', async () => {
    const publisher = await startPublisher(first);
    const { check, clock } = checking({ keys: publisher.url });
    await check(await first.sign());
    const flood = async (name: string) => {
      for (let i = 0; i < 20; i += 1)
        expect(await check(await first.sign({}, { kid: `${name}-${i}` }))).toBe('unauthenticated');
    };
    await flood('made-up');
    expect(publisher.asked).toBe(5);
    clock.elapsed = 9_999;
    await flood('more');
    expect(publisher.asked).toBe(5);
    publisher.publish(first, second);
    clock.elapsed = 10_000;
    await flood('even-more');
    expect(publisher.asked).toBe(6);
    expect(await check(await second.sign())).toBe('token:anna');
    expect(publisher.asked).toBe(6);
    clock.elapsed = 4 * MINUTE;
    await flood('after-a-pause');
    expect(publisher.asked).toBe(10);
  });

  it('are fetched once in half a minute for one key id that is not there', async () => {
    const publisher = await startPublisher(first);
    const { check, clock } = checking({ keys: publisher.url });
    await check(await first.sign());
    const token = await second.sign();
    for (let second = 0; second < 60; second += 1) {
      clock.elapsed = second * 1000;
      expect(await check(token)).toBe('unauthenticated');
    }
    expect(publisher.asked).toBe(3);
  });

  it('are fetched again before a token is judged by them when they are old', async () => {
    const publisher = await startPublisher(first, second);
    const { check, clock } = checking({ keys: publisher.url });
    await check(await first.sign());
    publisher.publish(second);
    clock.elapsed = 5 * MINUTE;
    const token = await first.sign();
    expect(await Promise.all([check(token), check(await second.sign())])).toEqual([
      'unauthenticated',
      'token:anna',
    ]);
    expect(publisher.asked).toBe(2);
  });

  it('are those that are there where the issuer is slow, and the new ones as soon as they come', async () => {
    const publisher = await startPublisher(first, second);
    const clock = { elapsed: 0 };
    const elapsed = () => clock.elapsed;
    const keys = new RemoteKeys(publisher.url, { log: new RecordingLog(), elapsed, patienceMs: 20 });
    const prove = async (signer: Signer) => jwtVerify(await signer.sign(), keys.keyOf.bind(keys), RULES);
    const { key } = await prove(first);
    const held: (() => void)[] = [];
    publisher.answer = (_, response) => {
      held.push(() => response.end(JSON.stringify({ keys: [second.jwk] })));
    };
    clock.elapsed = 5 * MINUTE;
    expect(keys.stands(key)).toBe(false);
    await prove(first);
    expect(keys.stands(key)).toBe(true);
    await until(() => held.length === 1);
    held[0]?.();
    await until(() => !keys.stands(key));
    await expect(prove(first)).rejects.toThrow(errors.JWKSNoMatchingKey);
  });

  it('are waited for again when it is some time ago that the issuer was out of reach', async () => {
    const publisher = await startPublisher(first, second);
    const { check, clock, log } = checking({ keys: publisher.url });
    await check(await first.sign());
    publisher.answer = (request) => void request.socket.resetAndDestroy();
    await check(await first.sign({}, { kid: 'made-up' }));
    expect(log.messages('warn')).toHaveLength(1);
    publisher.publish(second);
    clock.elapsed = 60 * MINUTE;
    expect(await check(await first.sign())).toBe('unauthenticated');
  });

  it.each(failures)('are the last good ones while their address %s', async (_case, fail) => {
    const publisher = await startPublisher(first);
    const { check, clock, log } = checking({ keys: publisher.url });
    await check(await first.sign());
    fail(publisher);
    clock.elapsed = 5 * MINUTE;
    expect(await check(await first.sign())).toBe('token:anna');
    await until(() => log.lines.length > 0);
    expect(log.messages('warn')).toEqual([
      'The keys at AUTH_JWKS_URL cannot be fetched; meanwhile the last ones that were good are used.',
    ]);
    expect(JSON.stringify(log.lines)).not.toMatch(/secret-page|127\.0\.0\.1:\d+\/keys/);
    clock.elapsed += 6_000;
    expect(await check(await first.sign())).toBe('token:anna');
    expect(await check(await second.sign())).toBe('unauthenticated');
    await until(() => publisher.asked === 3);
    publisher.publish(first, second);
    clock.elapsed += 6_000;
    await until(async () => (await check(await second.sign())) === 'token:anna');
    expect(log.messages('warn')).toHaveLength(1);
    expect(log.messages('info')).toEqual(['The keys at AUTH_JWKS_URL can be fetched again.']);
  });

  it.each(failures)('were never there: 503 and not 401 while their address %s', async (_case, fail) => {
    const publisher = await startPublisher(first);
    fail(publisher);
    const { tokens, check, clock, log } = checking({ keys: publisher.url });
    await expect(tokens.verify(await first.sign())).rejects.toMatchObject({
      code: 'authentication-unavailable',
      retryAfterSeconds: 5,
    });
    for (let i = 0; i < 20; i += 1)
      expect(await check(await first.sign())).toBe('authentication-unavailable');
    expect(publisher.asked).toBe(1);
    expect(log.messages('warn')).toEqual([
      'The keys at AUTH_JWKS_URL cannot be fetched; meanwhile no token can be checked.',
    ]);
    publisher.publish(first);
    clock.elapsed = 5_000;
    expect(await check(await first.sign())).toBe('token:anna');
  });

  it('are not asked for by what is no token of the issuer anyway', async () => {
    const publisher = await startPublisher(first);
    const { check } = checking({ keys: publisher.url });
    expect(await check('a.b.c')).toBe('unauthenticated');
    expect(await check(`${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`)).toBe(
      'unauthenticated',
    );
    expect(publisher.asked).toBe(0);
  });

  it('say once a minute that they cannot be had', async () => {
    const publisher = await startPublisher(first);
    publisher.answer = (_, response) => response.writeHead(503).end();
    const { check, clock, log } = checking({ keys: publisher.url });
    for (let second = 0; second <= 60; second += 5) {
      clock.elapsed = second * 1000;
      await check(await first.sign());
    }
    expect(log.lines.map(({ fields }) => fields)).toEqual([
      { reason: 'status 503' },
      { reason: 'status 503' },
    ]);
  });

  it('do not come from where a redirect leads', async () => {
    const elsewhere = await startPublisher(first);
    const publisher = await startPublisher();
    publisher.answer = (_, response) => response.writeHead(302, { location: elsewhere.url.href }).end();
    const { check } = checking({ keys: publisher.url });
    expect(await check(await first.sign())).toBe('authentication-unavailable');
    expect(elsewhere.asked).toBe(0);
  });
});

describe('what is remembered of tokens', () => {
  it('stands as long as the keys are the same, and is looked at again when they are old', async () => {
    const publisher = await startPublisher(first);
    const { tokens, check, clock } = checking({ keys: publisher.url });
    const token = await first.sign();
    await check(token);
    clock.elapsed = 5 * MINUTE - 1;
    const caller = tokens.peek(token, NOW);
    expect(caller).toBeDefined();
    clock.elapsed += 1;
    expect(tokens.peek(token, NOW)).toBeUndefined();
    expect(await check(await first.sign({ sub: 'ben' }))).toBe('token:ben');
    expect(tokens.peek(token, NOW)).toBe(caller);
    expect(publisher.asked).toBe(2);
  });

  const changes: [string, readonly Signer[]][] = [
    ['withdrawn', [second]],
    ['replaced by another of its name', [second, namesake]],
    ['joined by another', [first, second]],
  ];

  it.each(changes)('is forgotten, refusals too, when a key is %s', async (_case, published) => {
    const publisher = await startPublisher(first);
    const { tokens, check } = checking({ keys: publisher.url });
    const [token, refused] = [await first.sign(), await first.sign({ account: 'other' })];
    expect(await check(token)).toBe('token:anna');
    expect(await check(refused)).toBe('forbidden');
    publisher.publish(...published);
    expect(await check(await second.sign())).toBe('token:anna');
    expect(tokens.peek(token, NOW)).toBeUndefined();
    expect(tokens.peek(refused, NOW)).toBeUndefined();
  });

  it('stands while the issuer cannot be reached', async () => {
    const publisher = await startPublisher(first);
    const { tokens, check, clock } = checking({ keys: publisher.url });
    publisher.answer = ((answer) => (request, response) => {
      if (publisher.asked === 1) answer(request, response);
      else request.socket.resetAndDestroy();
    })(publisher.answer);
    const token = await first.sign();
    await check(token);
    clock.elapsed = 5 * MINUTE;
    expect(await check(token)).toBe('token:anna');
    expect(tokens.peek(token, NOW)).toBeDefined();
    clock.elapsed += 6_000;
    expect(tokens.peek(token, NOW)).toBeDefined();
    await until(() => publisher.asked === 3);
  });
});

describe('what takes the place of another', () => {
  it('knows its keys already where they come from the same address', async () => {
    const publisher = await startPublisher(first);
    const { tokens: previous, check } = checking({ keys: publisher.url });
    await check(await first.sign());
    const token = await first.sign({ sub: 'ben' });
    const again = checking({ keys: new URL(publisher.url), previous });
    expect(await again.check(token)).toBe('token:ben');
    expect(publisher.asked).toBe(1);
  });

  it('does not take over what was remembered, as accounts may have changed', async () => {
    const { tokens: previous, check } = checking({ keys: { keys: [first.jwk] } });
    const token = await first.sign();
    await check(token);
    expect(checking({ keys: { keys: [first.jwk] }, previous }).tokens.peek(token, NOW)).toBeUndefined();
  });

  it('fetches anew from another address, and takes other keys where they are given', async () => {
    const [one, other] = [await startPublisher(first), await startPublisher(second)];
    const { tokens: previous, check } = checking({ keys: one.url });
    await check(await first.sign());
    const next = checking({ keys: other.url, previous });
    expect(await next.check(await first.sign())).toBe('unauthenticated');
    expect(await next.check(await second.sign())).toBe('token:anna');
    const given = checking({ keys: { keys: [first.jwk] }, previous: next.tokens });
    expect(await given.check(await second.sign())).toBe('unauthenticated');
    const changed = checking({ keys: { keys: [second.jwk] }, previous: given.tokens });
    expect(await changed.check(await second.sign())).toBe('token:anna');
  });
});
