import { Counter, Gauge, type Aggregator, type Registry } from 'prom-client';
import type { Sample } from './samples.js';

/** A metric whose values are kept elsewhere and looked up when somebody asks for them. */
interface CollectedMetric {
  readonly name: string;
  /** Defines the metric in words. */
  readonly help: string;
  readonly labels: readonly string[];
  /** How the values of several processes become one; by default their sum. */
  readonly aggregator?: Aggregator;
  readonly samples: () => Iterable<Sample>;
}

export function addCounter(registry: Registry, { labels, samples, ...metric }: CollectedMetric): void {
  new Counter({
    ...metric,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const [of, value] of samples()) this.inc(of, value);
    },
  });
}

export function addGauge(registry: Registry, { labels, samples, ...metric }: CollectedMetric): void {
  new Gauge({
    ...metric,
    labelNames: labels,
    registers: [registry],
    collect() {
      // `reset` would have a gauge without labels say 0.
      if (labels.length > 0) this.reset();
      else this.remove({});
      for (const [of, value] of samples()) this.set(of, value);
    },
  });
}
