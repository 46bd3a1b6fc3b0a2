import type { CallAnswer } from './call-answer.js';
import type { CallCache } from './call-cache.js';
import { isOlder, type CallEntry } from './call-entry.js';
import { freshForMs, type FreshnessPolicy } from './freshness.js';
import type { Patience } from './patience.js';
import { Seen } from './seen.js';

interface KeptCallsOptions {
  readonly cache: CallCache;
  readonly policy: FreshnessPolicy;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The cache, watched so that no reader of this process is taken back in time, by CallFire or by the cache itself. */
export class KeptCalls {
  readonly #seen = new Seen();

  constructor(private readonly options: KeptCallsOptions) {}

  /** A fresh entry that this process holds, at once. */
  peek(key: string): CallEntry | undefined {
    const entry = this.options.cache.peek(key);
    if (entry === undefined) return undefined;
    const now = this.options.now();
    return entry.freshUntil > now && this.#seen.newestOf(key, entry, now) === entry ? entry : undefined;
  }

  /** What the cache holds, fresh or not, unless readers already had something newer. Counts as shown while it is fresh. */
  async read(key: string): Promise<CallEntry | undefined> {
    const entry = this.#unlessOlder(key, await this.options.cache.get(key));
    // While it is fresh, `peek` may find it in this process's memory and tell nobody.
    if (entry !== undefined && this.isFresh(entry)) this.#seen.remember(key, entry, this.options.now());
    return entry;
  }

  isFresh(entry: CallEntry): boolean {
    return entry.freshUntil > this.options.now();
  }

  /** Whether readers of this process have had nothing newer. */
  isCurrent(key: string, entry: CallEntry): boolean {
    return this.#seen.newestOf(key, entry, this.options.now()) === entry;
  }

  /** Forgets what readers had of one call, or of all. */
  forgetSeen(key?: string): void {
    if (key === undefined) this.#seen.forgetAll();
    else this.#seen.forget(key);
  }

  /** To be told of what a reader gets from elsewhere than `keep`; returns the newest that readers had. */
  show(key: string, entry: CallEntry): CallEntry {
    const now = this.options.now();
    const newest = this.#seen.newestOf(key, entry, now);
    if (newest === entry) this.#seen.remember(key, entry, now);
    return newest;
  }

  /** Keeps an answer where the policy says so, and returns the newest that is known of the call. */
  async keep(
    key: string,
    answer: CallAnswer,
    patience: Patience,
  ): Promise<{ entry: CallEntry; stored: boolean }> {
    const now = this.options.now();
    const fetched = this.#entryOf(answer, now);
    const newest = this.#seen.newestOf(key, fetched, now);
    const stored =
      newest.freshUntil > now && (await patience.wait(this.options.cache.put(key, newest))) === 'stored';
    const kept = stored ? undefined : await patience.wait(this.read(key));
    const entry = kept !== undefined && isOlder(newest.version, kept.version) ? kept : newest;
    // Readers may have had something newer while the cache was asked.
    const last = this.#seen.newestOf(key, entry, now);
    // What comes from `#seen` lives no longer for it: an upstream that stays behind is believed in the end.
    if (last === fetched || last === kept) this.#seen.remember(key, last, now);
    return { entry: last, stored: stored && last === fetched };
  }

  #entryOf({ body, etag, version, ...call }: CallAnswer, now: number): CallEntry {
    const { policy } = this.options;
    const freshMs = freshForMs(call, policy, now);
    const staleMs = freshMs > 0 ? policy.staleSeconds * 1000 : 0;
    const freshUntil = now + freshMs;
    return { body, etag, version, fetchedAt: now, freshUntil, usableUntil: freshUntil + staleMs };
  }

  #unlessOlder(key: string, entry: CallEntry | undefined): CallEntry | undefined {
    return entry !== undefined && this.isCurrent(key, entry) ? entry : undefined;
  }
}
