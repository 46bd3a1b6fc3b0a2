import type { CryptoKey } from 'jose';
import { LRUCache } from 'lru-cache';
import type { GatewayError } from '../errors.js';
import type { Caller } from './caller.js';

/** That a token is its issuer's. */
interface Proof {
  readonly key: CryptoKey;
  /** When the token does, in milliseconds since the epoch. */
  readonly expires: number;
}

interface Seen<Verdict> {
  readonly verdict: Verdict;
  readonly key: CryptoKey;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** How long a token is believed without another look. */
const ACCEPTED_MS = 60_000;
const MOST_ACCEPTED = 10_000;

/** Fewer and shorter, and apart from the others, which they must not drive out. */
const REFUSED_MS = 10_000;
const MOST_REFUSED = 1_000;

/**
 * What became of tokens that their issuer has signed, by their digest. All others are refused anew each time: they are
 * counted against their address, and tomorrow's key may prove them.
 */
export class SeenTokens {
  readonly #accepted = new LRUCache<string, Seen<Caller>>({ max: MOST_ACCEPTED });
  readonly #refused = new LRUCache<string, Seen<GatewayError>>({ max: MOST_REFUSED });
  readonly #stands: (key: CryptoKey) => boolean;

  /** `stands` tells whether what a key has proved need not be proved again. */
  constructor(stands: (key: CryptoKey) => boolean) {
    this.#stands = stands;
  }

  accept(digest: string, caller: Caller, { key, expires }: Proof, now: number): void {
    this.#accepted.set(digest, { verdict: caller, key, until: Math.min(expires, now + ACCEPTED_MS) });
  }

  refuse(digest: string, refusal: GatewayError, { key, expires }: Proof, now: number): void {
    this.#refused.set(digest, { verdict: refusal, key, until: Math.min(expires, now + REFUSED_MS) });
  }

  /** Whose token it is; throws its refusal. Undefined where it has to be checked. */
  recall(digest: string, now: number): Caller | undefined {
    const accepted = this.#accepted.get(digest);
    if (accepted !== undefined) return this.#holds(accepted, now) ? accepted.verdict : undefined;
    const refused = this.#refused.get(digest);
    if (refused !== undefined && this.#holds(refused, now)) throw refused.verdict;
    return undefined;
  }

  #holds({ key, until }: Seen<unknown>, now: number): boolean {
    return now < until && this.#stands(key);
  }
}
