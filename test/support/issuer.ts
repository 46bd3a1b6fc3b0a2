import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

/** What a test's tokens are for. */
export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'callfire-gateway';

/** A key pair of somebody who issues tokens. */
export interface IssuerKey {
  readonly jwk: JWK;
  /** A token that is good for an hour. */
  sign(claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

export async function createIssuerKey(kid: string): Promise<IssuerKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { jwk: { ...(await exportJWK(publicKey)), kid }, sign: (claims) => sign(privateKey, kid, claims) };
}

function sign(key: CryptoKey, kid: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return new SignJWT({ sub: 'joe', scope: 'calls:read', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime('1h')
    .sign(key);
}
