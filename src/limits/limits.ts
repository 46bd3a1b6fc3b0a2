import type { RateLimit } from '../access/caller.js';

/** The answer to one request. */
export interface Allowance {
  readonly granted: boolean;
  readonly limit: RateLimit;
  /** How many more requests the window holds, as far as this process knows. */
  readonly remaining: number;
  /** Whole seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

export interface Limits {
  /**
   * Takes one request from what this consumer may make; at once where this process knows the answer, else a promise.
   * Never rejects. `now` in milliseconds of `performance.now`, where the caller has read it already.
   */
  take(name: string, limit: RateLimit, now?: number): Allowance | Promise<Allowance>;
}

/** What a request gets in a window that has so much left, and ends in so many milliseconds. */
export function allowance(granted: boolean, limit: RateLimit, remaining: number, msLeft: number): Allowance {
  return { granted, limit, remaining, resetSeconds: Math.max(1, Math.ceil(msLeft / 1000)) };
}
