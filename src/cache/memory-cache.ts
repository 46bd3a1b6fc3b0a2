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
}): CallCache {
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
  };
}
