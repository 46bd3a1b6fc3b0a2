import type { IncomingHttpHeaders } from 'node:http';
import type { EventLog } from '../calls/event-log.js';
import type { Access } from '../config/access.js';
import { SCOPES, type Caller, type RateLimit } from './caller.js';
import { Consumers } from './consumers.js';
import { presentedIn } from './presented.js';
import { notAccepted } from './refusals.js';
import { createTokens, type Tokens } from './tokens.js';

export interface Authenticator {
  /**
   * Who asks. Throws, or rejects with, a `GatewayError`: `unauthenticated`, for tokens also `forbidden` (no such
   * account) and `authentication-unavailable`. Answers at once unless a token has to be checked for the first time.
   */
  readonly identify: (headers: IncomingHttpHeaders) => Caller | Promise<Caller>;
  /** For the authenticator that takes this one's place. */
  readonly tokens: Tokens | undefined;
}

interface AuthenticatorOptions {
  readonly access: Pick<Access, 'accounts' | 'consumers' | 'tokens' | 'open'>;
  /** Of consumers that have no limit of their own. */
  readonly defaultLimit: RateLimit | undefined;
  readonly log: EventLog;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  /** What is replaced: its issuer's keys stay known where they come from the same place. */
  readonly previous?: Authenticator | undefined;
}

/** Tells who asks, by what the operator has decided. Made anew whenever that changes. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { access, defaultLimit, log, now = Date.now, previous } = options;
  const accounts = access.accounts.map(({ name }) => name);
  const [defaultAccount] = accounts;
  if (defaultAccount === undefined) throw new Error('A configuration has at least one account.');
  if (access.open) {
    const caller = openCaller(defaultAccount);
    return { identify: () => caller, tokens: undefined };
  }
  const consumers = new Consumers(access.consumers ?? [], { defaultAccount, defaultLimit });
  const tokens =
    access.tokens && createTokens(access.tokens, { accounts, log, now, previous: previous?.tokens });
  const byKey = (key: string): Caller => {
    const caller = consumers.find(key, now);
    if (caller === undefined) throw notAccepted();
    return caller;
  };
  return {
    tokens,
    identify(headers) {
      const presented = presentedIn(headers);
      const { kind, secret } = presented;
      // A key has no dots, a token has two.
      if (kind === 'bearer' && tokens !== undefined && secret.includes('.'))
        return tokens.peek(secret, now()) ?? tokens.verify(secret);
      const caller = byKey(secret);
      // SDK users are told to give a key as login and as password.
      if (kind === 'basic' && presented.name !== caller.name && presented.name !== secret)
        throw notAccepted();
      return caller;
    },
  };
}

/** Everybody, where nobody has to say who they are. */
function openCaller(account: string): Caller {
  return {
    kind: 'open',
    name: 'open',
    account,
    scopes: new Set(SCOPES),
    limit: undefined,
    origins: undefined,
  };
}
