import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { base64url, SignJWT, UnsecuredJWT, type JWK } from 'jose';
import { createTokens, type Tokens } from '../../../src/access/tokens.js';
import type { TokenConfig } from '../../../src/config/tokens.js';
import { GatewayError } from '../../../src/errors.js';
import { RecordingLog } from '../../support/recording-log.js';
import {
  claimsOf,
  createSigner,
  NOW,
  type Claims,
  startPublisher,
  tokenConfig,
} from '../../support/issuer.js';

const signer = await createSigner('k1');
const rsa = await createSigner('r1', 'RS256');

interface Checking extends Partial<TokenConfig> {
  readonly accounts?: readonly string[];
  readonly jwks?: readonly JWK[];
}

function checking({ accounts = ['main'], jwks = [signer.jwk, rsa.jwk], ...changed }: Checking = {}) {
  const clock = { now: NOW };
  const config = tokenConfig({ keys: [...jwks] }, changed);
  const tokens = createTokens(config, { accounts, log: new RecordingLog(), now: () => clock.now });
  return { tokens, clock };
}

const codeOf = (tokens: Tokens, token: string) =>
  tokens.verify(token).then(
    () => 'verified',
    (error: unknown) => (error instanceof GatewayError ? error.code : String(error)),
  );

const part = (value: object) => base64url.encode(JSON.stringify(value));

describe('createTokens', () => {
  it.each([signer, rsa])('tells who sends a token that the issuer has signed', async ({ sign }) => {
    const limit = { requests: 5, seconds: 1 };
    expect(await checking({ limit }).tokens.verify(await sign())).toEqual({
      kind: 'token',
      name: 'token:anna',
      account: 'main',
      scopes: new Set(['calls:read']),
      limit,
      origins: undefined,
    });
  });

  it.each<[string, Claims]>([
    ['another issuer', { iss: 'https://issuer.example' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'callfire' }],
    ['no audience', { aud: undefined }],
    ['no expiry', { exp: undefined }],
    ['an expiry further back than clocks differ', { exp: NOW / 1000 - 30 }],
    ['a start further ahead than clocks differ', { nbf: NOW / 1000 + 31 }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
  ])('refuses a token with %s', async (_case, claims) => {
    expect(await codeOf(checking().tokens, await signer.sign(claims))).toBe('unauthenticated');
  });

  it.each(['exp', 'sub', 'nbf'])('refuses a token whose %s is of another type', async (claim) => {
    for (const value of [['1'], { a: 1 }, true])
      expect(await codeOf(checking().tokens, await signer.sign({ [claim]: value }))).toBe('unauthenticated');
  });

  it('forgives clocks that differ a little', async () => {
    const { tokens } = checking();
    const nearly = await signer.sign({ exp: NOW / 1000 - 29, nbf: NOW / 1000 + 30 });
    expect(await codeOf(tokens, nearly)).toBe('verified');
    expect(tokens.peek(nearly, NOW)).toBeUndefined();
  });

  it('takes one of several audiences', async () => {
    const token = await signer.sign({ aud: ['other', 'callfire-gateway'] });
    expect(await codeOf(checking().tokens, token)).toBe('verified');
  });

  describe('names', () => {
    it.each(['a', 'anna@a.example', 'auth0-5f7c_1', 'x'.repeat(64)])('subject %s as it is', async (sub) => {
      expect((await checking().tokens.verify(await signer.sign({ sub }))).name).toBe(`token:${sub}`);
    });

    it.each(['auth0|5f7c', 'x'.repeat(65), 'Änne', 'a\n{"level":50}', 'token:x'])(
      'subject %j by a digest',
      async (sub) => {
        const { name } = await checking().tokens.verify(await signer.sign({ sub }));
        expect(name).toMatch(/^token:sha256:[A-Za-z0-9_-]{22}$/);
      },
    );

    it('nobody by the digest of another, whatever subject they choose', async () => {
      const { tokens } = checking();
      const nameOf = async (sub: string) => (await tokens.verify(await signer.sign({ sub }))).name;
      const name = await nameOf('auth0|5f7c');
      for (const sub of [name.slice(-22), name.slice('token:'.length), name])
        expect(await nameOf(sub)).not.toBe(name);
    });
  });

  describe('scopes', () => {
    it.each<[unknown, readonly string[]]>([
      ['calls:read passthrough:read', ['calls:read', 'passthrough:read']],
      ['openid  calls:read admin', ['calls:read']],
      [['passthrough:write', 'openid', 7, null], ['passthrough:write']],
      ['CALLS:READ', []],
      ['', []],
      [undefined, []],
      [null, []],
      [{ 'calls:read': true }, []],
      [['calls:read passthrough:read'], []],
    ])('%j gives %j', async (scope, scopes) => {
      const caller = await checking().tokens.verify(await signer.sign({ scope }));
      expect([...caller.scopes]).toEqual(scopes);
    });

    it('come from the claim that the operator names', async () => {
      const { tokens } = checking({ scopeClaim: 'https://a.example/can', accountClaim: 'org' });
      const claims = { 'https://a.example/can': ['passthrough:read'], org: 'main' };
      expect(await tokens.verify(await signer.sign(claims))).toMatchObject({
        account: 'main',
        scopes: new Set(['passthrough:read']),
      });
    });

    it('never come from what every object has', async () => {
      const { tokens } = checking({ scopeClaim: 'constructor', accountClaim: 'toString' });
      expect(await tokens.verify(await signer.sign())).toMatchObject({ account: 'main', scopes: new Set() });
    });
  });

  describe('accounts', () => {
    const accounts = ['main', 'sales'];

    it('are chosen by the claim', async () => {
      const token = await signer.sign({ account: 'sales' });
      expect((await checking({ accounts }).tokens.verify(token)).account).toBe('sales');
    });

    it.each([undefined, 'other', '', null, ['sales'], 0, 'SALES', '__proto__'])(
      'are not guessed: %j is forbidden, in words that tell of none',
      async (account) => {
        const failure = checking({ accounts }).tokens.verify(await signer.sign({ account }));
        await expect(failure).rejects.toMatchObject({ code: 'forbidden' });
        await expect(failure).rejects.not.toThrow(/main|sales|other/);
      },
    );

    it('are not ignored where there is only one: a token for another is forbidden', async () => {
      expect(await codeOf(checking().tokens, await signer.sign({ account: 'sales' }))).toBe('forbidden');
    });
  });

  describe('what is remembered', () => {
    it('answers at once, with the same object, for a minute', async () => {
      const { tokens } = checking();
      const token = await signer.sign();
      expect(tokens.peek(token, NOW)).toBeUndefined();
      const caller = await tokens.verify(token);
      expect(tokens.peek(token, NOW + 59_999)).toBe(caller);
      expect(tokens.peek(token, NOW + 60_000)).toBeUndefined();
    });

    it('is forgotten when the token expires', async () => {
      const { tokens } = checking();
      const token = await signer.sign({ exp: NOW / 1000 + 10 });
      await tokens.verify(token);
      expect(tokens.peek(token, NOW + 9_999)).toBeDefined();
      expect(tokens.peek(token, NOW + 10_000)).toBeUndefined();
    });

    it('is this token alone, whole', async () => {
      const { tokens } = checking();
      const token = await signer.sign();
      await tokens.verify(token);
      const [header = '', payload = ''] = token.split('.');
      for (const other of [`${header}.${payload}.`, `${token}A`, token.slice(0, -1)])
        expect(tokens.peek(other, NOW)).toBeUndefined();
    });

    it('is no token that was refused for what it is', async () => {
      const { tokens, clock } = checking();
      const early = await signer.sign({ nbf: NOW / 1000 + 31 });
      expect(await codeOf(tokens, early)).toBe('unauthenticated');
      expect(tokens.peek(early, NOW)).toBeUndefined();
      clock.now += 1000;
      expect(await codeOf(tokens, early)).toBe('verified');
    });

    it('is a refusal of what the issuer has signed, for ten seconds', async () => {
      const { tokens } = checking();
      const token = await signer.sign({ account: 'other' });
      expect(tokens.peek(token, NOW)).toBeUndefined();
      expect(await codeOf(tokens, token)).toBe('forbidden');
      expect(() => tokens.peek(token, NOW + 9_999)).toThrow(/does not name an account/);
      expect(tokens.peek(token, NOW + 10_000)).toBeUndefined();
    });

    it('is not driven out by refusals', async () => {
      const { tokens } = checking();
      const token = await signer.sign();
      await tokens.verify(token);
      for (let i = 0; i < 1_100; i += 1)
        await codeOf(tokens, await signer.sign({ account: 'other', jti: i }));
      expect(tokens.peek(token, NOW)).toBeDefined();
    });
  });

  describe('a burst of one token', () => {
    it('is checked once, for all', async () => {
      const { tokens } = checking();
      const token = await signer.sign();
      const callers = await Promise.all(Array.from({ length: 50 }, () => tokens.verify(token)));
      expect(new Set(callers).size).toBe(1);
      expect(await tokens.verify(token)).not.toBe(callers[0]);
    });

    it('is refused as one, and checked again when it comes again', async () => {
      const { tokens, clock } = checking();
      const token = await signer.sign({ nbf: NOW / 1000 + 31 });
      const burst = Array.from({ length: 50 }, () => codeOf(tokens, token));
      expect(new Set(await Promise.all(burst))).toEqual(new Set(['unauthenticated']));
      clock.now += 1000;
      expect(await codeOf(tokens, token)).toBe('verified');
    });
  });

  describe('attacks', () => {
    it('refuses alg none, in any letter case, with and without a signature', async () => {
      const { tokens } = checking();
      expect(await codeOf(tokens, new UnsecuredJWT(claimsOf()).encode())).toBe('unauthenticated');
      const [, , signature = ''] = (await signer.sign()).split('.');
      for (const alg of ['none', 'None', 'NONE', '', undefined])
        for (const end of ['', signature])
          expect(await codeOf(tokens, `${part({ alg, kid: 'k1' })}.${part(claimsOf())}.${end}`)).toBe(
            'unauthenticated',
          );
    });

    it('refuses HS256 with the public key as the secret', async () => {
      const { tokens } = checking();
      const key = createPublicKey({ key: { ...rsa.jwk, kty: 'RSA' }, format: 'jwk' });
      const spellings = [
        key.export({ type: 'spki', format: 'pem' }),
        key.export({ type: 'spki', format: 'der' }),
        JSON.stringify(rsa.jwk),
      ];
      for (const secret of spellings) {
        const token = await new SignJWT(claimsOf())
          .setProtectedHeader({ alg: 'HS256', kid: 'r1' })
          .sign(Buffer.from(secret));
        expect(await codeOf(tokens, token)).toBe('unauthenticated');
      }
    });

    it('never verifies with a symmetric key, even one that the issuer publishes', async () => {
      const secret = Buffer.alloc(32, 7);
      const jwk = { kty: 'oct', k: secret.toString('base64url'), kid: 's1', alg: 'HS256' };
      const token = await new SignJWT(claimsOf())
        .setProtectedHeader({ alg: 'HS256', kid: 's1' })
        .sign(secret);
      for (const algorithms of [['RS256'], ['RS256', 'HS256']])
        expect(await codeOf(checking({ jwks: [jwk], algorithms }).tokens, token)).toBe('unauthenticated');
    });

    it('refuses an algorithm that is not on the list, though the key would fit', async () => {
      const { tokens } = checking({ algorithms: ['RS256'] });
      expect(await codeOf(tokens, await signer.sign())).toBe('unauthenticated');
    });

    it('refuses an unknown key id, and a known one over another key', async () => {
      const { tokens } = checking();
      const stranger = await createSigner('k1');
      expect(await codeOf(tokens, await signer.sign({}, { kid: 'k2' }))).toBe('unauthenticated');
      expect(await codeOf(tokens, await stranger.sign())).toBe('unauthenticated');
      expect(await codeOf(tokens, await signer.sign({}, { kid: 'r1' }))).toBe('unauthenticated');
    });

    it('refuses critical headers', async () => {
      const { tokens } = checking();
      const [, payload = '', signature = ''] = (await signer.sign()).split('.');
      const header = { alg: 'ES256', kid: 'k1' };
      for (const more of [{ crit: ['exp'], exp: 1 }, { crit: ['b64'], b64: false }, { crit: [] }])
        expect(await codeOf(tokens, `${part({ ...header, ...more })}.${payload}.${signature}`)).toBe(
          'unauthenticated',
        );
    });

    it('never follows a key that comes with the token, nor an address of one', async () => {
      const stranger = await createSigner('evil');
      const publisher = await startPublisher(stranger);
      const url = publisher.url.href;
      const { tokens } = checking();
      for (const header of [
        { jwk: stranger.jwk },
        { jku: url },
        { x5u: url },
        { x5c: ['AAAA'] },
        { kid: url },
      ])
        expect(await codeOf(tokens, await stranger.sign({}, header))).toBe('unauthenticated');
      expect(publisher.asked).toBe(0);
    });

    it('refuses claims changed under a good signature', async () => {
      const [header = '', , signature = ''] = (await signer.sign()).split('.');
      const token = `${header}.${part(claimsOf({ sub: 'root' }))}.${signature}`;
      expect(await codeOf(checking().tokens, token)).toBe('unauthenticated');
    });

    it.each(['', '.', '..', 'a.b.c', 'a.b.c.d.e', '....', 'e30.e30.', `${'A'.repeat(8000)}.e30.AA`])(
      'refuses %j',
      async (token) => {
        expect(await codeOf(checking().tokens, token)).toBe('unauthenticated');
      },
    );
  });

  it('says one and the same of every token that is not good', async () => {
    const { tokens } = checking();
    const bad = [
      await signer.sign({ exp: 1 }),
      await signer.sign({ aud: 'x' }),
      await signer.sign({}, { kid: 'k2' }),
      await (await createSigner('k1')).sign(),
      'a.b.c',
    ];
    const said = await Promise.all(bad.map((token) => tokens.verify(token).catch(String)));
    expect(new Set(said).size).toBe(1);
  });
});
