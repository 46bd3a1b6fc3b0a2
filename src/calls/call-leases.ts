import type { GatewayError } from '../errors.js';
import type { CallEntry } from './call-entry.js';

/**
 * Has processes share fetches: of those that want the same call at the same moment one holds the lease, and tells the
 * others what its fetch came to. No method ever rejects.
 */
export interface CallLeases {
  /** `key` is the cache's. Undefined where nothing can be shared now: fetch alone. */
  claim(key: string): Promise<HeldLease | AwaitedLease | undefined>;
}

/** The fetch is ours to make. */
export interface HeldLease {
  readonly held: true;
  /** What the cache held when the lease was given: another process may have stored it since we looked. */
  readonly kept: CallEntry | undefined;
  /** Gives the lease back and tells who waits; without an outcome they claim it themselves. To be called once; takes no time. */
  end(outcome?: FetchOutcome): void;
}

/** Another process is fetching. */
export interface AwaitedLease {
  readonly held: false;
  /**
   * What its fetch came to; `untold` if it came to something that cannot be told: fetch alone, or all who wait would do so
   * one after another. Undefined when nothing will be heard any more: claim again.
   */
  readonly outcome: Promise<FetchOutcome | 'untold' | undefined>;
}

/** The answer that a fetch made, kept or not, or why there is none. */
export type FetchOutcome = { readonly entry: CallEntry } | { readonly error: GatewayError };
