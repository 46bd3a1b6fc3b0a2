import { AggregatorRegistry } from 'prom-client';

/** The values of a metric's labels, and its value under them. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** What one process counts, as data that passes between processes: a metric each. */
export type Samples = readonly object[];

/** One text for several processes: sums, or whatever each metric's own aggregator says. */
export function textOf(all: readonly Samples[]): Promise<string> {
  return AggregatorRegistry.aggregate([...all]).metrics();
}

/** What must not be lost when a process ends: a count that sank would look as if everything had begun anew. */
export function lasting(all: readonly Samples[]): Promise<Samples> {
  const counts = all.map((metrics) =>
    metrics.filter((metric) => 'type' in metric && LASTING.has(metric.type)),
  );
  return AggregatorRegistry.aggregate(counts).getMetricsAsJSON();
}

const LASTING: ReadonlySet<unknown> = new Set(['counter', 'histogram']);
