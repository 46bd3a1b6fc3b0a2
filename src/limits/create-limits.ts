import { LRUCache } from 'lru-cache';
import type { RedisAccess } from '../cache/redis/redis-access.js';
import { createCounter } from './counter.js';
import type { Limits } from './limits.js';
import { Lots } from './lots.js';

interface LimitsOptions {
  /** Undefined: this process counts for itself. */
  readonly redis: RedisAccess | undefined;
  /** Where in Redis a consumer's requests are counted. */
  readonly keyOf: (consumer: string, seconds: number) => string;
  /** Milliseconds from any start, never set back. */
  readonly now?: (() => number) | undefined;
}

/** One that is forgotten begins with a lot of 1; the counter does not forget. */
const MOST_CONSUMERS = 10_000;

/** Limits that hold over all processes that share a Redis. */
export function createLimits(options: LimitsOptions): Limits {
  const { redis, keyOf, now = () => performance.now() } = options;
  const count = createCounter(redis);
  const consumers = new LRUCache<string, Lots>({ max: MOST_CONSUMERS });
  return {
    take(name, limit, at = now()) {
      const known = consumers.get(name);
      if (known?.areOf(limit) === true) return known.take(at);
      const lots = new Lots({ limit, key: keyOf(name, limit.seconds), count, now });
      consumers.set(name, lots);
      return lots.take(at);
    },
  };
}
