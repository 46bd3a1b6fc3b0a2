import { hash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { TokenConfig } from '../config/tokens.js';
import { SCOPES, type Caller } from './caller.js';
import { noSuchAccount, notAccepted } from './refusals.js';

type Claims = Pick<TokenConfig, 'accountClaim' | 'scopeClaim' | 'limit'>;

const PLAIN_SUBJECT = /^[A-Za-z0-9._@-]{1,64}$/;

/**
 * Whom the claims of a verified token stand for. Throws `forbidden` unless they name one of the accounts; where there is
 * only one, they need not.
 */
export function tokenCaller(payload: JWTPayload, claims: Claims, accounts: ReadonlySet<string>): Caller {
  return {
    kind: 'token',
    name: nameOf(payload.sub),
    account: accountOf(claimOf(payload, claims.accountClaim), accounts),
    scopes: scopesOf(claimOf(payload, claims.scopeClaim)),
    limit: claims.limit,
    origins: undefined,
  };
}

function claimOf(payload: JWTPayload, name: string): unknown {
  return Object.hasOwn(payload, name) ? payload[name] : undefined;
}

/**
 * Subjects may be any text, and so may be a forged log line. A digest is marked by what no plain subject holds: who can
 * choose a subject cannot choose another's digest.
 */
function nameOf(subject: unknown): string {
  if (typeof subject !== 'string' || subject === '') throw notAccepted();
  if (PLAIN_SUBJECT.test(subject)) return `token:${subject}`;
  return `token:sha256:${hash('sha256', subject, 'base64url').slice(0, 22)}`;
}

function accountOf(claim: unknown, accounts: ReadonlySet<string>): string {
  const [only] = accounts;
  if (claim === undefined && only !== undefined && accounts.size === 1) return only;
  if (typeof claim !== 'string' || !accounts.has(claim)) throw noSuchAccount();
  return claim;
}

/** As RFC 8693 has them, in one text, or in a list. What the gateway does not know is meant for others. */
function scopesOf(claim: unknown): Caller['scopes'] {
  const list: unknown = typeof claim === 'string' ? claim.split(' ') : claim;
  const named: readonly unknown[] = Array.isArray(list) ? list : [];
  return new Set(SCOPES.filter((scope) => named.includes(scope)));
}
