import type { RateLimit } from '../access/caller.js';

/** What became of one request under a rate limit. */
export interface Allowance {
  readonly granted: boolean;
  readonly limit: RateLimit;
  /** How many requests are left in this window, as far as this process knows. */
  readonly remaining: number;
  /** Whole seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

/** Counts the requests of each consumer. */
export interface Limits {
  /** Takes one request from what the consumer may make; at once where this process holds some. Never rejects. */
  take(name: string, limit: RateLimit): Allowance | Promise<Allowance>;
}
