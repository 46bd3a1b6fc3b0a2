import { hash } from 'node:crypto';
import { jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { LRUCache } from 'lru-cache';
import type { EventLog } from '../calls/event-log.js';
import type { TokenConfig } from '../config/tokens.js';
import { GatewayError } from '../errors.js';
import type { Caller } from './caller.js';
import { createIssuerKeys, type IssuerKeys } from './issuer-keys.js';
import { notAccepted } from './refusals.js';
import { tokenCaller } from './token-caller.js';

/** Checks JWTs (RFC 7519), as RFC 8725 wants it. */
export interface Tokens {
  /** Rejects with `unauthenticated`, `forbidden` or `authentication-unavailable`. */
  verify(token: string): Promise<Caller>;
  /** Who has sent this very token a moment ago. `now` in milliseconds since the epoch. */
  peek(token: string, now: number): Caller | undefined;
  readonly issuerKeys: IssuerKeys;
}

interface TokensOptions {
  /** The names of the accounts that there are. */
  readonly accounts: readonly string[];
  readonly log: EventLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds from any start. */
  readonly elapsed?: (() => number) | undefined;
  /** What is replaced: its keys go on being used where they come from the same place. What it remembers does not. */
  readonly previous?: Tokens | undefined;
}

interface Remembered {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** How long a token is believed without another look at the issuer's keys. */
const REMEMBER_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export function createTokens(config: TokenConfig, options: TokensOptions): Tokens {
  const { accounts, log, now, elapsed, previous } = options;
  const known = new Set(accounts);
  const issuerKeys = createIssuerKeys(config.keys, { log, elapsed, previous: previous?.issuerKeys });
  const remembered = new LRUCache<string, Remembered>({ max: MOST_REMEMBERED });
  const rules: JWTVerifyOptions = {
    algorithms: [...config.algorithms],
    issuer: config.issuer,
    audience: config.audience,
    clockTolerance: config.clockSkewSeconds,
    requiredClaims: ['exp', 'sub'],
  };
  return {
    issuerKeys,
    peek(token, at) {
      const entry = remembered.get(digestOf(token));
      return entry !== undefined && at < entry.until ? entry.caller : undefined;
    },
    async verify(token) {
      const payload = await payloadOf(token, issuerKeys, { ...rules, currentDate: new Date(now()) });
      const caller = tokenCaller(payload, config, known);
      const until = Math.min((payload.exp ?? 0) * 1000, now() + REMEMBER_MS);
      remembered.set(digestOf(token), { caller, until });
      return caller;
    },
  };
}

/** What a token says, if its issuer says it. All that is wrong with tokens is said in the same words. */
async function payloadOf(token: string, { keyOf }: IssuerKeys, rules: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keyOf, rules)).payload;
  } catch (error) {
    throw error instanceof GatewayError ? error : notAccepted();
  }
}

/** So that no token lies about in memory. */
function digestOf(token: string): string {
  return hash('sha256', token, 'binary');
}
