import type { CacheKeeper } from '../calls/cache-keeper.js';
import type { CallCache } from '../calls/call-cache.js';
import type { CallLeases } from '../calls/call-leases.js';
import type { EventLog } from '../calls/event-log.js';
import type { EntryStore } from './entry-store.js';
import { openInvalidationChannel } from './redis/invalidation-channel.js';
import { createRedisLeases } from './redis/leases.js';
import { createRedisCache } from './redis/redis-cache.js';
import { createRedisKeeper } from './redis/redis-keeper.js';
import type { RedisNode } from './redis/redis-node.js';
import { TieredCache } from './tiered-cache.js';
import { createTieredKeeper } from './tiered-keeper.js';

interface NodeCacheOptions {
  readonly node: RedisNode;
  readonly inCluster: boolean;
  /** The memory of this process, which all nodes share; undefined: none. */
  readonly store: EntryStore | undefined;
  readonly timeoutMs: number;
  /** What the names of keys and channels begin with. */
  readonly prefix: string;
  /** How long a lease lasts if it is not given back: longer than any fetch. */
  readonly leaseMs: number;
  readonly log: EventLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The entries of one node, and its own reasons to trust the memory, which all nodes share, or not. */
export interface NodeCache extends RedisNode {
  readonly cache: CallCache;
  readonly leases: CallLeases;
  readonly keeper: CacheKeeper;
  /** Forgets what is in memory. */
  forgetAll(): void;
}

/** Puts leases, cache, memory and the channel that keeps it true before a node, and closes all of them with it. */
export function openNodeCache(options: NodeCacheOptions): NodeCache {
  const { node, inCluster, store, timeoutMs, log, now } = options;
  const { connection, guard } = node;
  const redis = createRedisCache({ client: connection.client, guard, inCluster, now });
  const leases = createRedisLeases({ ...options, connection, guard });
  const tier = store && new TieredCache(redis, store);
  const keeper = createRedisKeeper({ client: connection.client, guard, inCluster, now });
  const channel = tier && openInvalidationChannel({ node, tier, timeoutMs, log });
  return {
    ...node,
    cache: tier ?? redis,
    leases,
    keeper: tier === undefined ? keeper : createTieredKeeper(keeper, tier),
    forgetAll: () => tier?.forgetAll(),
    close() {
      leases.close();
      channel?.close();
      return node.close();
    },
  };
}
