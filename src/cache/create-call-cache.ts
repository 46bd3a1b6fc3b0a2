import type { CallCache } from '../calls/call-cache.js';
import type { EventLog } from '../calls/event-log.js';
import { within } from './redis/within.js';
import { createEntryStore } from './entry-store.js';
import { openInvalidationChannel } from './redis/invalidation-channel.js';
import { createMemoryCache } from './memory-cache.js';
import { createRedisCache } from './redis/redis-cache.js';
import { createRedisConnection } from './redis/redis-connection.js';
import { RedisGuard } from './redis/redis-guard.js';
import type { RedisState } from './redis/redis-guard.js';
import type { RedisTarget } from './redis/redis-url.js';
import { TieredCache } from './tiered-cache.js';

interface CallCacheOptions {
  /** Undefined: this process's memory alone. */
  readonly redis: RedisTarget | undefined;
  /** One Redis command's time limit. */
  readonly redisTimeoutMs: number;
  /** The most memory that entries take in this process: the whole cache, or the tier in front of Redis (0: no tier). */
  readonly maxBytes: number;
  readonly log: EventLog;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

export interface OpenCallCache {
  readonly cache: CallCache;
  /** Whether Redis answers; `memory` where there is none. */
  state(): RedisState | 'memory';
  /** Resolves when Redis answers, or after so many milliseconds without an answer. */
  opened(withinMs: number): Promise<void>;
  /** Ends the connections after what was sent is answered, or after the time limit. */
  close(): Promise<void>;
}

/** Opens the cache that the configuration asks for. Does not wait for Redis. */
export function createCallCache(options: CallCacheOptions): OpenCallCache {
  const { redis: target, redisTimeoutMs: timeoutMs, maxBytes, log, now = Date.now } = options;
  if (target === undefined) {
    log.info({ maxBytes }, 'No Redis: calls are cached in the memory of this process');
    return {
      cache: createMemoryCache({ maxBytes, now }),
      state: () => 'memory',
      opened: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  const connection = createRedisConnection(target, log);
  const { client, at } = connection;
  const guard = new RedisGuard({ ping: () => client.ping(), timeoutMs, log, at });
  client.on('ready', () => {
    guard.probe();
  });
  client.on('close', () => {
    guard.trip('disconnected');
  });

  const redis = createRedisCache({ client, guard, now });
  const tiered = new TieredCache(redis, createEntryStore(maxBytes, now));
  const channel =
    maxBytes > 0 ? openInvalidationChannel({ connection, guard, tier: tiered, timeoutMs, log }) : undefined;
  return {
    cache: channel === undefined ? redis : tiered,
    state: () => guard.state(),
    opened: (withinMs) => guard.whenUp(withinMs),
    async close() {
      const wasUp = guard.state() === 'up';
      guard.close();
      channel?.close();
      if (wasUp) await within(timeoutMs, client.quit()).catch(() => undefined);
      client.disconnect();
    },
  };
}
