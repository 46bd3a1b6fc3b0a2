import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { RateLimit } from '../access/caller.js';
import type { Environment } from '../secret-files.js';
import { parseFile, type Read, type Report } from './json-file.js';
import type { Variables } from './schema.js';

/** Which JWTs are believed, and what they say. */
export interface TokenConfig {
  /** The issuer's public keys: where they are fetched, or what `AUTH_JWKS_FILE` holds. */
  readonly keys: URL | JSONWebKeySet;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly clockSkewSeconds: number;
  readonly accountClaim: string;
  readonly scopeClaim: string;
  /** Of each subject. */
  readonly limit: RateLimit | undefined;
}

/** RFC 7518 section 6: with these a key can sign, and whoever reads this file could make tokens. */
const isPublic = (jwk: Readonly<Record<string, unknown>>) => !('d' in jwk) && !('k' in jwk);

const jwksSchema = z.object({
  keys: z
    .array(
      z
        .record(z.string(), z.unknown(), { error: 'must be a JWK' })
        .refine(isPublic, { error: 'must be a public key' }),
      { error: 'must be a list' },
    )
    .min(1, { error: 'must hold at least one key' }),
});

/** Undefined where no token is to be taken. What is wrong is reported, and then stands empty in the result. */
export function readTokens(
  variables: Variables,
  values: Environment,
  read: Read,
  report: Report,
): TokenConfig | undefined {
  const { AUTH_JWKS_URL: url, AUTH_JWKS_FILE: path } = variables;
  if (url === undefined && path === undefined) {
    for (const variable of ['AUTH_JWT_ISSUER', 'AUTH_JWT_AUDIENCE'] as const)
      if (variables[variable] !== undefined && values['AUTH_JWKS_URL'] === undefined)
        report(variable, ['is set without AUTH_JWKS_URL or AUTH_JWKS_FILE, so no token would be taken']);
    return undefined;
  }
  if (url !== undefined && path !== undefined)
    report('AUTH_JWKS_URL', ['is set beside AUTH_JWKS_FILE; set one']);
  const { AUTH_JWT_ISSUER: issuer, AUTH_JWT_AUDIENCE: audience } = variables;
  const missing = [
    'is required beside AUTH_JWKS_URL or AUTH_JWKS_FILE, or any token of that issuer would do',
  ];
  if (issuer === undefined) report('AUTH_JWT_ISSUER', missing);
  if (audience === undefined) report('AUTH_JWT_AUDIENCE', missing);
  const file = path === undefined ? undefined : parseFile(path, read, jwksSchema);
  report('AUTH_JWKS_FILE', file?.problems ?? []);
  return {
    keys: url ?? file?.value ?? { keys: [] },
    issuer: issuer ?? '',
    audience: audience ?? '',
    algorithms: variables.AUTH_JWT_ALGORITHMS,
    clockSkewSeconds: variables.AUTH_JWT_CLOCK_SKEW_SECONDS,
    accountClaim: variables.AUTH_JWT_ACCOUNT_CLAIM,
    scopeClaim: variables.AUTH_JWT_SCOPE_CLAIM,
    limit: variables.RATE_LIMIT,
  };
}
