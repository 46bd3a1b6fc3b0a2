import type { CallEntry } from './call-entry.js';

/**
 * Where answers are kept. No method ever rejects: a store that cannot answer in time has no entry, and keeps none.
 * `key` is made by `cache/keys.ts` and tells accounts apart.
 */
export interface CallCache {
  /** What this process holds, at once; fresh or not. */
  peek(key: string): CallEntry | undefined;
  /** The entry, wherever it is kept; fresh or not. */
  get(key: string): Promise<CallEntry | undefined>;
  /** Keeps the entry until its `usableUntil`, unless the store holds a newer one (see `isOlder`). */
  put(key: string, entry: CallEntry): Promise<PutResult>;
}

/** `newer-kept`: the store holds a newer entry and kept it. `failed`: the store could not take it. */
export type PutResult = 'stored' | 'newer-kept' | 'failed';
