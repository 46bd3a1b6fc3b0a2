import { hash } from 'node:crypto';
import { jwtVerify, type JWTVerifyOptions } from 'jose';
import type { EventLog } from '../calls/event-log.js';
import type { TokenConfig } from '../config/tokens.js';
import { GatewayError } from '../errors.js';
import type { Caller } from './caller.js';
import { createIssuerKeys, type IssuerKeys } from './issuer-keys.js';
import { notAccepted } from './refusals.js';
import { SeenTokens } from './seen-tokens.js';
import { tokenCaller } from './token-caller.js';

/** Checks JWTs (RFC 7519), as RFC 8725 wants it. */
export interface Tokens {
  /** Rejects with `unauthenticated`, `forbidden` or `authentication-unavailable`. */
  verify(token: string): Promise<Caller>;
  /**
   * Who has sent this very token a moment ago; throws what it was refused with, if its issuer had signed it. `now` in
   * milliseconds since the epoch.
   */
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

export function createTokens(config: TokenConfig, options: TokensOptions): Tokens {
  const { accounts, log, now, elapsed, previous } = options;
  const known = new Set(accounts);
  const issuerKeys = createIssuerKeys(config.keys, { log, elapsed, previous: previous?.issuerKeys });
  const seen = new SeenTokens(issuerKeys.stands);
  const underWay = new Map<string, Promise<Caller>>();
  const rules: JWTVerifyOptions = {
    algorithms: [...config.algorithms],
    issuer: config.issuer,
    audience: config.audience,
    clockTolerance: config.clockSkewSeconds,
    requiredClaims: ['exp', 'sub'],
  };

  const judge = async (token: string, digest: string): Promise<Caller> => {
    const { payload, key } = await proofOf(token, issuerKeys, { ...rules, currentDate: new Date(now()) });
    const proved = { key, expires: (payload.exp ?? 0) * 1000 };
    try {
      const caller = tokenCaller(payload, config, known);
      seen.accept(digest, caller, proved, now());
      return caller;
    } catch (error) {
      if (error instanceof GatewayError) seen.refuse(digest, error, proved, now());
      throw error;
    }
  };

  return {
    issuerKeys,
    peek: (token, at) => seen.recall(digestOf(token), at),
    verify(token) {
      const digest = digestOf(token);
      const shared = underWay.get(digest);
      if (shared !== undefined) return shared;
      const judging = judge(token, digest).finally(() => underWay.delete(digest));
      underWay.set(digest, judging);
      return judging;
    },
  };
}

/** What a token says, if its issuer says it. All that is wrong with tokens is said in the same words. */
async function proofOf(token: string, { keyOf }: IssuerKeys, rules: JWTVerifyOptions) {
  try {
    return await jwtVerify(token, keyOf, rules);
  } catch (error) {
    throw error instanceof GatewayError ? error : notAccepted();
  }
}

/** So that no token lies about in memory. */
function digestOf(token: string): string {
  return hash('sha256', token, 'binary');
}
