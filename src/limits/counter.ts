import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { RedisAccess } from '../cache/redis/redis-access.js';

/** Where a counter stood after it was added to. */
export interface Counted {
  readonly count: number;
  /** Milliseconds until it begins anew. */
  readonly msLeft: number;
  /** Whether it was this process's own, in place of the one in Redis. */
  readonly stopgap: boolean;
}

/** Adds to the key's counter, which begins anew so many seconds after it was first added to. Never rejects. */
export type Counter = (key: string, seconds: number, add: number) => Promise<Counted>;

/** Only counts: who is granted what is the window's business. */
const COUNT_ONLY = { points: 0, duration: 0, keyPrefix: '' };

/** Counts in Redis; in this process's memory where there is no Redis, and while it is away. */
export function createCounter(redis: RedisAccess | undefined): Counter {
  const memory = new RateLimiterMemory(COUNT_ONLY);
  const limiters = new WeakMap<Redis, RateLimiterRedis>();
  const limiterOf = (client: Redis): RateLimiterRedis => {
    const known = limiters.get(client);
    if (known !== undefined) return known;
    const limiter = new RateLimiterRedis({ ...COUNT_ONLY, storeClient: client });
    limiters.set(client, limiter);
    return limiter;
  };
  return async (key, seconds, add) => {
    // `penalty` counts like `consume`, but does not reject because of the points.
    const options = { customDuration: seconds };
    const shared = await redis?.run(key, 'limit', (client) => limiterOf(client).penalty(key, add, options));
    const { consumedPoints, msBeforeNext } = shared ?? (await memory.penalty(key, add, options));
    return {
      count: consumedPoints,
      msLeft: msBeforeNext,
      stopgap: redis !== undefined && shared === undefined,
    };
  };
}
