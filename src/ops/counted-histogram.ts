import { Histogram, type Registry } from 'prom-client';

interface HistogramOptions {
  readonly registry: Registry;
  readonly name: string;
  readonly help: string;
  readonly label: string;
}

/** Upper bounds in seconds: from a hit in memory to the longest fetch. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Durations under one label value. `observe` costs a few nanoseconds: prom-client's own some hundreds. */
class Durations {
  readonly counts = new Array<number>(BOUNDS.length + 1).fill(0);
  sum = 0;

  observe(ms: number): void {
    const seconds = ms / 1000;
    let at = 0;
    while (at < BOUNDS.length && seconds > (BOUNDS[at] ?? Infinity)) at += 1;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += seconds;
  }
}

/** A histogram with one label, whose counts prom-client sees only when they are collected. */
export class CountedHistogram extends Histogram {
  readonly #durations = new Map<string, Durations>();
  readonly #options: HistogramOptions;
  /** The same without a count. `super.get` would come back to `getForPromString`. */
  readonly #empty: Histogram;

  constructor(options: HistogramOptions) {
    const { name, help, label, registry } = options;
    super({ name, help, labelNames: [label], buckets: BOUNDS, registers: [registry] });
    this.#options = options;
    this.#empty = new Histogram({ name, help, labelNames: [label], buckets: BOUNDS, registers: [] });
  }

  /** To be kept by who observes often. */
  of(value: string): Durations {
    const known = this.#durations.get(value);
    if (known !== undefined) return known;
    const durations = new Durations();
    this.#durations.set(value, durations);
    return durations;
  }

  override async get(): ReturnType<Histogram['get']> {
    const empty = await this.#empty.get();
    const values = [...this.#durations].flatMap(([value, durations]) => this.#samples(value, durations));
    return { ...empty, values };
  }

  /** What prom-client's registry asks for instead where it finds it; not in its types. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get();
  }

  #samples(value: string, { counts, sum }: Durations) {
    const { name, label } = this.#options;
    const labels = { [label]: value };
    let count = 0;
    const buckets = counts.map((found, at) => {
      count += found;
      return { metricName: `${name}_bucket`, labels: { le: BOUNDS[at] ?? '+Inf', ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

export type { Durations };
