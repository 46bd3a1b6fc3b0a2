import type { CacheKeeper } from '../calls/cache-keeper.js';
import type { TieredCache } from './tiered-cache.js';

/**
 * Redis together with the memory in front of it. The memory forgets last: what a read brought there while Redis was at
 * it must go too, and at once, not only when Redis announces its change.
 */
export function createTieredKeeper(redis: CacheKeeper, tier: TieredCache): CacheKeeper {
  return {
    find: async (key) => ({ ...(await redis.find(key)), memory: tier.peek(key) }),
    async purge(key) {
      const purged = await redis.purge(key);
      tier.forget(key);
      return purged;
    },
    async purgeAll(start) {
      const purged = await redis.purgeAll(start);
      tier.forgetFrom(start);
      return purged;
    },
  };
}
