import type { CacheKeeper } from '../calls/cache-keeper.js';
import type { CallCache } from '../calls/call-cache.js';
import { isOlder } from '../calls/call-entry.js';
import { createEntryStore } from './entry-store.js';

/** A cache in this process's memory, at most `maxBytes` large. `now` gives milliseconds since the epoch. */
export function createMemoryCache({
  maxBytes,
  now = Date.now,
}: {
  maxBytes: number;
  now?: (() => number) | undefined;
}): CallCache & CacheKeeper {
  const store = createEntryStore(maxBytes, now);
  return {
    peek: (key) => store.get(key),
    get: (key) => Promise.resolve(store.get(key)),
    put(key, entry) {
      const held = store.get(key);
      if (held !== undefined && isOlder(entry.version, held.version)) return Promise.resolve('newer-kept');
      const stored = entry.usableUntil > now() && store.set(key, entry);
      return Promise.resolve(stored ? 'stored' : 'failed');
    },
    find: (key) => Promise.resolve({ memory: store.get(key), redis: undefined, redisState: 'none' }),
    purge: (key) => Promise.resolve({ removed: store.delete(key) ? 1 : 0, complete: true }),
    purgeAll: (start) => Promise.resolve({ removed: store.deleteAll(start), complete: true }),
  };
}
