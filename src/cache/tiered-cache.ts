import type { CallCache, PutResult } from '../calls/call-cache.js';
import type { CallEntry } from '../calls/call-entry.js';
import type { EntryStore } from './entry-store.js';

/**
 * A bounded copy, in this process, of what it read from Redis. It answers only while Redis is known to announce every
 * change (`trust`); `forget` is such an announcement, `doubt` says that one may have been missed.
 *
 * A change can be announced while an older value is still on its way:
 *
 * 1. we ask for the key; Redis answers the old value, and from now on announces changes of it;
 * 2. another process writes the key; Redis announces it on the other connection;
 * 3. the announcement is here first: nothing to forget yet;
 * 4. the old value is here: keeping it now would keep it for good.
 *
 * So each read is listed while it is on its way, `forget` and `doubt` strike it from the list, and only a read that is still
 * on the list fills the tier.
 */
export class TieredCache implements CallCache {
  readonly #redis: CallCache;
  readonly #tier: EntryStore;
  readonly #reads = new Map<string, Promise<CallEntry | undefined>>();
  #trusted = false;

  constructor(redis: CallCache, tier: EntryStore) {
    this.#redis = redis;
    this.#tier = tier;
  }

  peek(key: string): CallEntry | undefined {
    return this.#trusted ? this.#tier.get(key) : undefined;
  }

  get(key: string): Promise<CallEntry | undefined> {
    const held = this.peek(key);
    return held === undefined ? (this.#reads.get(key) ?? this.#read(key)) : Promise.resolve(held);
  }

  /** Redis announces our own writes too, but later than this promise resolves. */
  put(key: string, entry: CallEntry): Promise<PutResult> {
    this.forget(key);
    return this.#redis.put(key, entry);
  }

  trust(): void {
    this.forgetAll();
    this.#trusted = true;
  }

  /** Costs nothing while there is doubt already: a server that is away says so again and again, and others may use the store. */
  doubt(): void {
    if (!this.#trusted) return;
    this.#trusted = false;
    this.forgetAll();
  }

  forget(key: string): void {
    this.#reads.delete(key);
    this.#tier.delete(key);
  }

  /** Forgets each key that begins so. */
  forgetFrom(start: string): void {
    for (const key of this.#reads.keys()) if (key.startsWith(start)) this.#reads.delete(key);
    this.#tier.deleteAll(start);
  }

  forgetAll(): void {
    this.#reads.clear();
    this.#tier.clear();
  }

  #read(key: string): Promise<CallEntry | undefined> {
    const read = this.#redis.get(key).then((entry) => {
      if (this.#reads.get(key) !== read) return entry;
      this.#reads.delete(key);
      if (entry !== undefined && this.#trusted) this.#tier.set(key, entry);
      return entry;
    });
    this.#reads.set(key, read);
    return read;
  }
}
