import { createHmac, createPublicKey, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get } from '../../support/gateway.js';
import { exchange, LAST } from '../../support/raw-http.js';
import { AUDIENCE, claimsOf, createSigner, ISSUER, NOW, type Claims } from '../../support/issuer.js';
import { ID, startTarget } from './target.js';

const issuer = await createSigner('key-1', 'RS256');
const stranger = await createSigner('key-1', 'RS256');
/** Of the issuer, too: what it signs is in no library's way. */
const byHand = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** What a token may name as the place of its key; whoever fetches from there has been had. */
let fetched = 0;
const trap = createServer((_request, response) => {
  fetched += 1;
  response.end(JSON.stringify({ keys: [stranger.jwk] }));
});

const target = await startTarget({
  environment: {
    AUTH_JWKS_FILE: 'jwks',
    AUTH_JWT_ISSUER: ISSUER,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    AUTH_JWT_ALGORITHMS: 'RS256,ES256',
  },
  files: {
    jwks: JSON.stringify({
      keys: [issuer.jwk, { ...byHand.publicKey.export({ format: 'jwk' }), kid: 'by-hand' }],
    }),
  },
  overrides: { now: () => NOW },
});

beforeAll(() => new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  trap.close();
});

const trapUrl = () => `http://127.0.0.1:${(trap.address() as AddressInfo).port}/jwks`;
const lookUp = (token: string) => get(`${target.url}/calls/${ID}`, { Authorization: `Bearer ${token}` });

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const ALICE: Claims = { account: 'first' };
const payload = (claims: Claims = ALICE) => part(claimsOf(claims));
const header = (changed: object = {}) => part({ alg: 'RS256', kid: 'key-1', ...changed });
const hmac = (secret: string | Buffer, text: string, hash = 'sha256') =>
  `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
const pem = () =>
  createPublicKey({ key: issuer.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();

const signed = (changed: object, body = payload()) => {
  const text = `${part({ alg: 'RS256', kid: 'by-hand', ...changed })}.${body}`;
  return `${text}.${signBytes('sha256', Buffer.from(text), byHand.privateKey).toString('base64url')}`;
};

/** The signature of a good token, for what it does not sign. */
const goodSignature = async () => (await issuer.sign(ALICE)).split('.')[2] ?? '';

const FORGED: Readonly<Record<string, () => string | Promise<string>>> = {
  'no algorithm': () => `${header({ alg: 'none' })}.${payload()}.`,
  'no algorithm, in capitals': () => `${header({ alg: 'NONE' })}.${payload()}.`,
  'no algorithm, in mixed case': () => `${header({ alg: 'nOnE' })}.${payload()}.`,
  'no algorithm, with a signature': async () =>
    `${header({ alg: 'none' })}.${payload()}.${await goodSignature()}`,
  'an empty algorithm': () => `${header({ alg: '' })}.${payload()}.`,
  'a list of algorithms': async () => `${header({ alg: ['RS256'] })}.${payload()}.${await goodSignature()}`,
  'HS256 with the public key as text': () => hmac(pem(), `${header({ alg: 'HS256' })}.${payload()}`),
  'HS256 with the public key, trimmed': () => hmac(pem().trim(), `${header({ alg: 'HS256' })}.${payload()}`),
  'HS256 with the public key as JWK': () =>
    hmac(JSON.stringify(issuer.jwk), `${header({ alg: 'HS256' })}.${payload()}`),
  'HS256 with the modulus': () =>
    hmac(Buffer.from(issuer.jwk.n ?? '', 'base64url'), `${header({ alg: 'HS256' })}.${payload()}`),
  'HS256 with nothing': () => hmac('', `${header({ alg: 'HS256' })}.${payload()}`),
  'HS512 with the public key': () => hmac(pem(), `${header({ alg: 'HS512' })}.${payload()}`, 'sha512'),
  'another RSA algorithm than is allowed': async () =>
    `${header({ alg: 'PS256' })}.${payload()}.${await goodSignature()}`,
  'an elliptic algorithm for an RSA key': async () =>
    `${header({ alg: 'ES256' })}.${payload()}.${await goodSignature()}`,
  'the key of a stranger': () => stranger.sign(ALICE),
  'a signature of something else': async () =>
    `${header()}.${payload({ account: 'second' })}.${await goodSignature()}`,
  'no signature': () => `${header()}.${payload()}.`,
  'two parts': () => `${header()}.${payload()}`,
  'five parts': async () => `${await issuer.sign(ALICE)}.x.y`,
  'two tokens': async () => `${await issuer.sign(ALICE)}, ${await issuer.sign(ALICE)}`,
  'a blank within': async () => (await issuer.sign(ALICE)).replace('.', '. '),
  'a signature with one more character': async () => `${await issuer.sign(ALICE)}A`,
  'its key within': async () => stranger.sign(ALICE, { jwk: { ...stranger.jwk } }),
  'its key within, under no other name': async () => stranger.sign(ALICE, { kid: '', jwk: stranger.jwk }),
  'a key elsewhere': () => stranger.sign(ALICE, { jku: trapUrl() }),
  'a certificate elsewhere': () => stranger.sign(ALICE, { x5u: trapUrl() }),
  'a certificate within': () => stranger.sign(ALICE, { x5c: [Buffer.from('x').toString('base64')] }),
  'an id that is a path': () => stranger.sign(ALICE, { kid: '../../../../dev/null' }),
  'an id that is a file': () => stranger.sign(ALICE, { kid: 'file:///etc/passwd' }),
  'an id that is a URL': () => stranger.sign(ALICE, { kid: trapUrl() }),
  'an id that is SQL': () => stranger.sign(ALICE, { kid: "' UNION SELECT 'x" }),
  'an id that every object has': () => stranger.sign(ALICE, { kid: '__proto__' }),
  'an id of NUL': () => stranger.sign(ALICE, { kid: '\0' }),
  'a critical extension that nobody knows': () => signed({ crit: ['exp'], exp: 1 }),
  'an empty list of critical extensions': () => signed({ crit: [] }),
  'a critical extension that is not there': () => signed({ crit: ['b64'] }),
  'its payload not encoded': () => signed({ crit: ['b64'], b64: false }, 'not-encoded'),
  'being encrypted': () => `${part({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`,
  expired: () => issuer.sign({ ...ALICE, exp: NOW / 1000 - 31 }),
  'no expiry': () => issuer.sign({ ...ALICE, exp: undefined }),
  'an expiry that is text': async () =>
    `${header()}.${part({ ...claimsOf(ALICE), exp: '9999999999' })}.${await goodSignature()}`,
  'a beginning in the future': () => issuer.sign({ ...ALICE, nbf: NOW / 1000 + 31 }),
  'another issuer': () => issuer.sign({ ...ALICE, iss: 'https://issuer.example.evil/' }),
  'an issuer without its slash': () => issuer.sign({ ...ALICE, iss: ISSUER.slice(0, -1) }),
  'no issuer': () => issuer.sign({ ...ALICE, iss: undefined }),
  'another audience': () => issuer.sign({ ...ALICE, aud: 'other' }),
  'no audience': () => issuer.sign({ ...ALICE, aud: undefined }),
  'no subject': () => issuer.sign({ ...ALICE, sub: undefined }),
  'an empty subject': () => issuer.sign({ ...ALICE, sub: '' }),
  'being no JSON': () => `${Buffer.from('{').toString('base64url')}.${payload()}.AAAA`,
  'dots alone': () => '..',
};

describe('a token', () => {
  it('that is in order opens its own account', async () => {
    expect((await lookUp(await issuer.sign(ALICE))).status).toBe(200);
    expect((await lookUp(signed({}))).status).toBe(200);
  });

  it.each(Object.keys(FORGED))('is refused in the same words for %s', async (name) => {
    const answer = await lookUp((await FORGED[name]?.()) ?? '');
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({ detail: expect.stringMatching(/^The credential is not accepted\./) });
    expect(fetched).toBe(0);
  });

  it.each<[string, unknown]>([
    ['no account', undefined],
    ['an account that does not exist', 'third'],
    ['what every object has', '__proto__'],
    ['a list', ['first']],
    ['a number', 1],
    ['an account in capitals', 'FIRST'],
    ['an account with NUL', 'first\0'],
  ])('opens nothing with %s as its account', async (_case, account) => {
    const answer = await lookUp(await issuer.sign({ account }));
    expect([answer.status, answer.json]).toEqual([403, expect.objectContaining({ code: 'forbidden' })]);
  });

  it.each<[string, unknown]>([
    ['none', undefined],
    ['another', 'calls:write'],
    ['a part', 'calls'],
    ['a pattern', '*'],
    ['capitals', 'CALLS:READ'],
    ['an object', { 'calls:read': true }],
    ['a list in a list', [['calls:read']]],
  ])('may do nothing with %s as its scope', async (_case, scope) => {
    expect((await lookUp(await issuer.sign({ ...ALICE, scope }))).status).toBe(403);
  });

  it.each(['a\nb', '","audit":"forged', '\u2028', 'x'.repeat(3000), '__proto__', '../../x'])(
    'is in the log by a harmless name: %j',
    async (sub) => {
      const before = target.logLines.length;
      expect((await lookUp(await issuer.sign({ ...ALICE, sub }))).status).toBe(200);
      const lines = target.logLines.slice(before).map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({
        consumer: expect.stringMatching(/^token:(sha256:)?[\w.@-]{1,64}$/),
        audit: 'access',
      });
    },
  );

  it('has claims that are data', async () => {
    const text = JSON.stringify(claimsOf(ALICE)).replace(
      '{',
      '{"__proto__":{"polluted":true},"constructor":1,',
    );
    const claims = JSON.parse(text) as Claims;
    expect((await lookUp(await issuer.sign(claims))).status).toBe(200);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('of 9 KB is refused, and one of 20 KB is not even read', async () => {
    const padded = (length: number) => issuer.sign({ ...ALICE, padding: 'x'.repeat(length) });
    expect((await lookUp(await padded(3000))).status).toBe(200);
    expect((await lookUp(await padded(7000))).status).toBe(401);
    expect((await lookUp(await padded(15_000))).status).toBe(400);
  });

  it('beside another one, or a key, is refused', async () => {
    const good = `Authorization: Bearer ${await issuer.sign(ALICE)}\r\n`;
    const bad = `Authorization: Bearer ${header({ alg: 'none' })}.${payload()}.\r\n`;
    for (const lines of [good + good, good + bad, bad + good, `${good}X-API-Key: x\r\n`]) {
      const text = `GET /calls/${ID} HTTP/1.1\r\nHost: gateway\r\n${lines}\r\n${LAST}`;
      expect((await exchange(target.url, text))[0]?.status).toBe(401);
    }
  });

  it('is not taken from a URL, a cookie or a body', async () => {
    const token = await issuer.sign(ALICE);
    expect((await get(`${target.url}/calls/${ID}?access_token=${token}`)).status).toBe(401);
    expect((await get(`${target.url}/calls/${ID}`, { Cookie: `access_token=${token}` })).status).toBe(401);
    const form = `access_token=${token}`;
    const post = `POST /calls/${ID} HTTP/1.1\r\nHost: g\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`;
    expect((await exchange(target.url, post + LAST))[0]?.status).toBe(401);
  });
});
