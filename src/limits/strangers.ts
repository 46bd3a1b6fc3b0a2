import { LRUCache } from 'lru-cache';
import type { RateLimit } from '../access/caller.js';
import { allowance, type Allowance } from './limits.js';

/** A flood from more addresses makes the longest unseen ones begin anew, and takes no more memory. */
const MOST_ADDRESSES = 10_000;

/** Counts the requests of those who do not say who they are. */
export interface Strangers {
  /** Counts one; granted while it may be told why it is refused, instead of that there were too many. */
  refuse(address: string): Allowance;
}

/** Counts in this process alone, so that a flood here is none in Redis. `now` gives milliseconds from any start. */
export function createStrangers(limit: RateLimit, now: () => number = () => performance.now()): Strangers {
  const windows = new LRUCache<string, { count: number; readonly endsAt: number }>({ max: MOST_ADDRESSES });
  return {
    refuse(address) {
      const at = now();
      let window = windows.get(address);
      if (window === undefined || at >= window.endsAt) {
        window = { count: 0, endsAt: at + limit.seconds * 1000 };
        windows.set(address, window);
      }
      window.count += 1;
      const remaining = limit.requests - window.count;
      return allowance(remaining >= 0, limit, Math.max(remaining, 0), window.endsAt - at);
    },
  };
}
