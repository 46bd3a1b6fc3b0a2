import type { CallCache } from '../calls/call-cache.js';
import type { NodeCache } from './node-cache.js';
import type { RedisCluster } from './redis/redis-cluster.js';

/** Each entry at the master that serves its key. */
export function createClusterCache(cluster: RedisCluster<NodeCache>): CallCache {
  return {
    peek: (key) => cluster.nodeOf(key)?.cache.peek(key),
    get: (key) => cluster.nodeOf(key)?.cache.get(key) ?? Promise.resolve(undefined),
    async put(key, entry) {
      const node = cluster.nodeOf(key);
      const result = (await node?.cache.put(key, entry)) ?? 'failed';
      if (result !== 'failed') return result;
      // Its slot may have moved. A read that met with that is a miss, but a write would be lost.
      await cluster.settled();
      const owner = cluster.nodeOf(key);
      return owner === node ? result : ((await owner?.cache.put(key, entry)) ?? 'failed');
    },
  };
}
