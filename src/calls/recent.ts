interface RecentOptions<V> {
  readonly lifeMs: number;
  readonly maxWeight: number;
  readonly weigh: (value: V) => number;
}

interface Remembered<V> {
  readonly value: V;
  readonly until: number;
}

/**
 * Remembers values for a while, and at most `maxWeight` of them: the newest half of it for sure. In two generations,
 * because taking the oldest out of one Map, one by one, has each look for the next one walk over all that are gone.
 */
export class Recent<V> {
  #young = new Map<string, Remembered<V>>();
  #old = new Map<string, Remembered<V>>();
  #youngWeight = 0;

  constructor(private readonly options: RecentOptions<V>) {}

  get(key: string, now: number): V | undefined {
    const found = this.#young.get(key) ?? this.#old.get(key);
    return found !== undefined && found.until > now ? found.value : undefined;
  }

  /** A value heavier than a generation is not remembered, nor is what it would have replaced. */
  set(key: string, value: V, now: number): void {
    const { lifeMs, maxWeight, weigh } = this.options;
    this.delete(key);
    if (lifeMs <= 0 || weigh(value) > maxWeight / 2) return;
    if (this.#youngWeight + weigh(value) > maxWeight / 2) this.#age();
    this.#young.set(key, { value, until: now + lifeMs });
    this.#youngWeight += weigh(value);
  }

  delete(key: string): void {
    this.#old.delete(key);
    const found = this.#young.get(key);
    if (found === undefined) return;
    this.#young.delete(key);
    this.#youngWeight -= this.options.weigh(found.value);
  }

  clear(): void {
    this.#age();
    this.#old.clear();
  }

  #age(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngWeight = 0;
  }
}
