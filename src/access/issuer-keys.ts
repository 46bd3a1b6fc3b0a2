import { isDeepStrictEqual } from 'node:util';
import { createLocalJWKSet, type CryptoKey, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { EventLog } from '../calls/event-log.js';
import { RemoteKeys } from './remote-keys.js';

/** The public keys of the issuer of tokens, and where they come from. */
export interface IssuerKeys {
  readonly from: URL | JSONWebKeySet;
  /** The key that a token's header asks for. Rejects with an error of jose where there is none. */
  readonly keyOf: JWTVerifyGetKey<CryptoKey>;
  /** Whether what this key has proved need not be proved again: the keys are known to be the same still. */
  readonly stands: (key: CryptoKey) => boolean;
}

interface IssuerKeysOptions {
  readonly log: EventLog;
  /** Milliseconds from any start. */
  readonly elapsed?: (() => number) | undefined;
  /** Goes on being used where it comes from the same place: its keys are known already. */
  readonly previous?: IssuerKeys | undefined;
}

/** Keys that are given, or that are fetched from where they are published. */
export function createIssuerKeys(from: URL | JSONWebKeySet, options: IssuerKeysOptions): IssuerKeys {
  const { log, elapsed, previous } = options;
  if (previous !== undefined && isSame(previous.from, from)) return previous;
  if (!(from instanceof URL)) return { from, keyOf: createLocalJWKSet(from), stands: () => true };
  const remote = new RemoteKeys(from, { log, elapsed });
  return {
    from,
    keyOf: (header, token) => remote.keyOf(header, token),
    stands: (key) => remote.stands(key),
  };
}

function isSame(one: URL | JSONWebKeySet, other: URL | JSONWebKeySet): boolean {
  if (one instanceof URL || other instanceof URL)
    return one instanceof URL && other instanceof URL && one.href === other.href;
  return isDeepStrictEqual(one, other);
}
