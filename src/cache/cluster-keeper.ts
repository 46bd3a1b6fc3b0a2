import type { CacheKeeper, Purged } from '../calls/cache-keeper.js';
import type { NodeCache } from './node-cache.js';
import type { RedisCluster } from './redis/redis-cluster.js';

const NOBODY: Purged = { removed: 0, complete: false };

/** Each entry at the master that serves its key; many of them at all masters. */
export function createClusterKeeper(cluster: RedisCluster<NodeCache>): CacheKeeper {
  return {
    find: (key) =>
      cluster.nodeOf(key)?.keeper.find(key) ??
      Promise.resolve({ memory: undefined, redis: undefined, redisState: 'down' }),
    async purge(key) {
      const node = cluster.nodeOf(key);
      const purged = (await node?.keeper.purge(key)) ?? NOBODY;
      if (purged.complete) return purged;
      // Its slot may have moved.
      await cluster.settled();
      const owner = cluster.nodeOf(key);
      return owner === node ? purged : ((await owner?.keeper.purge(key)) ?? NOBODY);
    },
    async purgeAll(start) {
      const each = await Promise.all(cluster.nodes.map(({ keeper }) => keeper.purgeAll(start)));
      return {
        removed: each.reduce((sum, { removed }) => sum + removed, 0),
        complete: each.length > 0 && each.every(({ complete }) => complete),
      };
    },
  };
}
