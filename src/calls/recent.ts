interface RecentOptions<V> {
  readonly lifeMs: number;
  readonly maxWeight: number;
  readonly weigh: (value: V) => number;
}

/** Remembers values for a while, the newest first to stay when they weigh too much together. */
export class Recent<V> {
  // A Map iterates in order of insertion, and all lives are equally long: the first entry is always the oldest.
  readonly #values = new Map<string, { readonly value: V; readonly until: number }>();
  #weight = 0;

  constructor(private readonly options: RecentOptions<V>) {}

  get(key: string, now: number): V | undefined {
    const found = this.#values.get(key);
    return found !== undefined && found.until > now ? found.value : undefined;
  }

  set(key: string, value: V, now: number): void {
    if (this.options.lifeMs <= 0) return;
    this.delete(key);
    this.#values.set(key, { value, until: now + this.options.lifeMs });
    this.#weight += this.options.weigh(value);
    this.#forgetOld(now);
  }

  delete(key: string): void {
    const found = this.#values.get(key);
    if (found === undefined) return;
    this.#values.delete(key);
    this.#weight -= this.options.weigh(found.value);
  }

  #forgetOld(now: number): void {
    for (const [key, { until }] of this.#values) {
      if (until > now && this.#weight <= this.options.maxWeight) return;
      this.delete(key);
    }
  }
}
