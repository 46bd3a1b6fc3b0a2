import type { Redis } from 'ioredis';
import type { CallCache } from '../../calls/call-cache.js';
import { createBatchReader } from './batch-reader.js';
import { decodeEntry, encodeEntry, modifiedField } from './entry-codec.js';
import type { RedisGuard } from './redis-guard.js';

interface RedisCacheOptions {
  readonly client: Redis;
  readonly guard: RedisGuard;
  /** Whether `client` is one master of a Cluster. */
  readonly inCluster: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Entries in Redis, shared by all processes. What cannot be read as an entry is a miss, and the next put replaces it. */
export function createRedisCache({ client, guard, inCluster, now }: RedisCacheOptions): CallCache {
  const read = inCluster
    ? // One MGET cannot span the slots of a Cluster.
      async (key: string) => (await guard.run('get', () => client.getBuffer(key))) ?? null
    : createBatchReader((keys) => guard.run('get', () => client.mgetBuffer(keys)));
  return {
    peek: () => undefined,
    async get(key) {
      if (guard.state() === 'down') return undefined;
      const bytes = await read(key);
      // A connection that mixes up its replies is no reason to fail either.
      const entry = Buffer.isBuffer(bytes) ? decodeEntry(key, bytes) : undefined;
      return entry !== undefined && entry.usableUntil > now() ? entry : undefined;
    },
    async put(key, entry) {
      const at = now();
      // A duration, not a time of day: Redis's clock may differ from ours.
      const ttlMs = Math.ceil(entry.usableUntil - at);
      if (ttlMs <= 0) return 'failed';
      const { rank } = entry.version;
      const modified = modifiedField(entry.version);
      const stored = await guard.run('put', () =>
        client.putEntry(key, encodeEntry(key, entry), ttlMs, at, modified, rank),
      );
      return stored === undefined ? 'failed' : stored === 1 ? 'stored' : 'newer-kept';
    },
  };
}
