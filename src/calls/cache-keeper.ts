import type { CallEntry } from './call-entry.js';

/**
 * What operators need of a cache beside `CallCache`: to see where an entry is, and to be rid of it. No method ever
 * rejects. Keys and their beginnings are made by `cache/keys.ts`.
 */
export interface CacheKeeper {
  /** Finds an entry wherever it is kept, without keeping it anywhere else. */
  find(key: string): Promise<Whereabouts>;
  /** Removes an entry everywhere: here at once, in other processes as soon as Redis announces it. */
  purge(key: string): Promise<Purged>;
  /** The same for each call whose key begins so. */
  purgeAll(start: string): Promise<Purged>;
}

export interface Whereabouts {
  /** What this process holds. */
  readonly memory: CallEntry | undefined;
  readonly redis: CallEntry | undefined;
  /** `none` where no Redis is configured; `down` where it did not say whether it holds anything. */
  readonly redisState: 'up' | 'down' | 'none';
}

export interface Purged {
  /** How many entries are gone, each counted once. */
  readonly removed: number;
  /** False where Redis could not be told, or not to the end: what it still holds will be answered again. */
  readonly complete: boolean;
}
