import type { Redis } from 'ioredis';
import type { CacheKeeper } from '../../calls/cache-keeper.js';
import { decodeEntry } from './entry-codec.js';
import type { RedisGuard } from './redis-guard.js';

interface RedisKeeperOptions {
  readonly client: Redis;
  readonly guard: Pick<RedisGuard, 'run'>;
  /** Whether `client` is one master of a Cluster. */
  readonly inCluster: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How many keys one SCAN looks at: few enough not to hold others up. */
const BATCH = 250;
/** Leases are named after entries, and are left to whoever holds them. */
const CALL_ID = /^\d+$/;

/** The entries at one server. A SCAN finds all that were there all the time; what is stored meanwhile may stay. */
export function createRedisKeeper({ client, guard, inCluster, now }: RedisKeeperOptions): CacheKeeper {
  /** How many of them there were. */
  const remove = async (keys: readonly string[]): Promise<number> => {
    if (keys.length === 0) return 0;
    if (!inCluster) return client.unlink(...keys);
    // One UNLINK cannot span the slots of a Cluster.
    const each = await Promise.all(keys.map((key) => client.unlink(key)));
    return each.reduce((sum, removed) => sum + removed, 0);
  };
  return {
    async find(key) {
      const bytes = await guard.run('find', () => client.getBuffer(key));
      const entry = Buffer.isBuffer(bytes) ? decodeEntry(key, bytes) : undefined;
      return {
        memory: undefined,
        redis: entry !== undefined && entry.usableUntil > now() ? entry : undefined,
        redisState: bytes === undefined ? 'down' : 'up',
      };
    },
    async purge(key) {
      const removed = await guard.run('purge', () => client.unlink(key));
      return { removed: removed ?? 0, complete: removed !== undefined };
    },
    async purgeAll(start) {
      const pattern = `${start.replace(/[*?[\]\\]/g, '\\$&')}*`;
      let removed = 0;
      for (let cursor = '0'; ;) {
        const from = cursor;
        const found = await guard.run('scan', () => client.scan(from, 'MATCH', pattern, 'COUNT', BATCH));
        if (found === undefined) return { removed, complete: false };
        const keys = found[1].filter((key) => key.startsWith(start) && CALL_ID.test(key.slice(start.length)));
        const gone = await guard.run('purge', () => remove(keys));
        if (gone === undefined) return { removed, complete: false };
        removed += gone;
        cursor = found[0];
        if (cursor === '0') return { removed, complete: true };
      }
    },
  };
}
