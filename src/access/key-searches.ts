/** So many at once, then one more every so often: no issuer minds. */
const MOST_AT_ONCE = 4;
const ONE_EACH_MS = 10_000;

/** A key that was not there is not looked for again so soon, however many tokens ask for it. */
const NOT_AGAIN_MS = 30_000;

/**
 * When the issuer is asked for a key that is not known. It may be new, and then its tokens should not wait; but anybody can
 * make up the ids of keys. As one answer holds all keys, a new one is found even if the search was for a made-up one.
 */
export class KeySearches {
  /** The last ones, by what they were for: no more than may begin in the time that they count. */
  readonly #begun = new Map<string, number>();
  #left = MOST_AT_ONCE;
  #refilledAt: number;
  readonly #elapsed: () => number;

  /** `elapsed` in milliseconds from any start. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
    this.#refilledAt = elapsed();
  }

  /** Whether one for this key may begin. If so, it is counted as begun. */
  begin(key: string): boolean {
    const now = this.#elapsed();
    for (const [other, at] of this.#begun) if (now - at >= NOT_AGAIN_MS) this.#begun.delete(other);
    this.#refill(now);
    if (this.#left === 0 || this.#begun.has(key)) return false;
    this.#left -= 1;
    this.#begun.set(key, now);
    return true;
  }

  /** It failed: whether this key is there is not known. */
  forget(key: string): void {
    this.#begun.delete(key);
  }

  #refill(now: number): void {
    const more = Math.floor((now - this.#refilledAt) / ONE_EACH_MS);
    this.#left = Math.min(MOST_AT_ONCE, this.#left + more);
    this.#refilledAt += more * ONE_EACH_MS;
  }
}
