import { LRUCache } from 'lru-cache';
import type { CallEntry } from '../calls/call-entry.js';

/** What an entry costs beside its body: key, fields, their objects, and the LRU's own records of it. Measured. */
const OVERHEAD_BYTES = 800;

/** Entries in this process's memory, at most `maxBytes` of them; the least recently used make room. */
export interface EntryStore {
  /** The entry, unless its `usableUntil` has passed. */
  get(key: string): CallEntry | undefined;
  /** Whether it was kept: an entry too large for the whole store is not, nor is what it would have replaced. */
  set(key: string, entry: CallEntry): boolean;
  /** Whether there was one. */
  delete(key: string): boolean;
  /** Deletes all whose key begins so; returns how many. */
  deleteAll(start: string): number;
  clear(): void;
}

export function createEntryStore(maxBytes: number, now: () => number): EntryStore {
  const entries = new LRUCache<string, CallEntry>({
    // lru-cache takes 0 for "no limit".
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: (entry) => OVERHEAD_BYTES + entry.body.length,
  });
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined || entry.usableUntil > now()) return entry;
      entries.delete(key);
      return undefined;
    },
    set: (key, entry) => entries.set(key, entry).has(key),
    delete: (key) => entries.delete(key),
    deleteAll(start) {
      const keys = [...entries.keys()].filter((key) => key.startsWith(start));
      for (const key of keys) entries.delete(key);
      return keys.length;
    },
    clear: () => {
      entries.clear();
    },
  };
}
