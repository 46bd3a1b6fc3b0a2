import type { CacheKeeper } from '../calls/cache-keeper.js';
import type { CallCache } from '../calls/call-cache.js';
import type { CallLeases } from '../calls/call-leases.js';
import type { EventLog } from '../calls/event-log.js';
import { createClusterCache } from './cluster-cache.js';
import { createClusterKeeper } from './cluster-keeper.js';
import { createEntryStore } from './entry-store.js';
import { createMemoryCache } from './memory-cache.js';
import { openNodeCache } from './node-cache.js';
import type { RedisAddress } from './redis/cluster-slots.js';
import { createClusterAccess, createNodeAccess, type RedisAccess } from './redis/redis-access.js';
import { RedisCluster } from './redis/redis-cluster.js';
import type { RedisState } from './redis/redis-guard.js';
import { openRedisNode } from './redis/redis-node.js';
import type { RedisTarget } from './redis/redis-url.js';

interface CallCacheOptions {
  /** Undefined: this process's memory alone. */
  readonly redis: RedisTarget | undefined;
  /** One Redis command's time limit. */
  readonly redisTimeoutMs: number;
  /** What all names in Redis begin with, as `escapePrefix` in keys.ts makes it. */
  readonly prefix: string;
  /** How long at most a process has a call for itself to fetch: longer than any fetch. */
  readonly leaseMs: number;
  /** The most memory that entries take in this process: the whole cache, or the tier in front of Redis (0: no tier). */
  readonly maxBytes: number;
  readonly log: EventLog;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

export interface OpenCallCache {
  readonly cache: CallCache;
  readonly keeper: CacheKeeper;
  /** Undefined where no other process shares the cache. */
  readonly leases: CallLeases | undefined;
  /** The Redis behind the cache, for what else is shared; undefined where there is none. */
  readonly redis: RedisAccess | undefined;
  /** Whether Redis answers; `memory` where there is none. */
  state(): RedisState | 'memory';
  /** Resolves when Redis answers, or after so many milliseconds without an answer. */
  opened(withinMs: number): Promise<void>;
  /** Ends the connections after what was sent is answered, or after the time limit. */
  close(): Promise<void>;
}

/** Opens the cache that the configuration asks for. Does not wait for Redis. */
export function createCallCache(options: CallCacheOptions): OpenCallCache {
  const { redis: target, redisTimeoutMs: timeoutMs, maxBytes, prefix, leaseMs, log } = options;
  const { now = Date.now } = options;
  if (target === undefined) {
    log.info({ maxBytes }, 'No Redis: calls are cached in the memory of this process');
    const cache = createMemoryCache({ maxBytes, now });
    return {
      cache,
      keeper: cache,
      leases: undefined,
      redis: undefined,
      state: () => 'memory',
      opened: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  const store = maxBytes > 0 ? createEntryStore(maxBytes, now) : undefined;
  const openNode = (master?: { address: RedisAddress; onMoved: () => void }) => {
    const node = openRedisNode({ target, master, timeoutMs, log });
    const inCluster = master !== undefined;
    return openNodeCache({ node, inCluster, store, timeoutMs, prefix, leaseMs, log, now });
  };
  if (target.mode !== 'cluster') {
    const node = openNode();
    return {
      cache: node.cache,
      leases: node.leases,
      redis: createNodeAccess(node),
      keeper: node.keeper,
      state: () => node.guard.state(),
      opened: (withinMs) => node.guard.whenUp(withinMs),
      close: () => node.close(),
    };
  }

  const cluster = new RedisCluster({
    target,
    log,
    open: (address, onMoved) => openNode({ address, onMoved }),
    onSlotsChanged: (node) => {
      node.forgetAll();
    },
  });
  return {
    cache: createClusterCache(cluster),
    leases: { claim: (key) => cluster.nodeOf(key)?.leases.claim(key) ?? Promise.resolve(undefined) },
    redis: createClusterAccess(cluster),
    keeper: createClusterKeeper(cluster),
    state: () => cluster.state(),
    opened: (withinMs) => cluster.whenUp(withinMs),
    close: () => cluster.close(),
  };
}
