import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose';
import type { TokenConfig } from '../../src/config/tokens.js';

export const NOW = Date.parse('2026-06-01T00:00:00Z');
export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'callfire-gateway';

/** Of any shape, as a faulty issuer's may be. */
export type Claims = Readonly<Record<string, unknown>>;

/** What the issuer of tokens signs with. */
export interface Signer {
  /** As it is published. */
  readonly jwk: JWK;
  readonly sign: (claims?: Claims, header?: Readonly<Record<string, unknown>>) => Promise<string>;
}

export async function createSigner(kid: string, alg = 'ES256'): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    sign: (claims = {}, header = {}) =>
      new SignJWT(claimsOf(claims)).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  };
}

/** Claims that are in order; what is given as undefined is left out. */
export function claimsOf(changed: Claims = {}): JWTPayload {
  const seconds = NOW / 1000;
  return { iss: ISSUER, aud: AUDIENCE, sub: 'anna', exp: seconds + 3600, scope: 'calls:read', ...changed };
}

export function tokenConfig(keys: TokenConfig['keys'], changed: Partial<TokenConfig> = {}): TokenConfig {
  return {
    keys,
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ['RS256', 'ES256'],
    clockSkewSeconds: 30,
    accountClaim: 'account',
    scopeClaim: 'scope',
    limit: undefined,
    ...changed,
  };
}

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Where an issuer publishes its keys; a test can make it answer anything, and sees how often it was asked. */
export class Publisher {
  asked = 0;
  readonly url: URL;

  constructor(
    port: number,
    public answer: RequestListener,
  ) {
    this.url = new URL(`http://127.0.0.1:${port}/keys`);
  }

  publish(...signers: readonly Signer[]): void {
    const body = JSON.stringify({ keys: signers.map(({ jwk }) => jwk) });
    this.answer = (_request, response) => response.end(body);
  }
}

export async function startPublisher(...signers: readonly Signer[]): Promise<Publisher> {
  const server = createServer((request, response) => {
    publisher.asked += 1;
    publisher.answer(request, response);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const publisher = new Publisher((server.address() as AddressInfo).port, () => undefined);
  publisher.publish(...signers);
  return publisher;
}
