import type { Registry } from 'prom-client';
import { addCounter, addGauge } from './collected-metrics.js';
import type { DetailedHealth } from './operations.js';

export interface StateSources {
  readonly health: () => DetailedHealth;
  /** How many times consumers, accounts and secrets were read again, by what came of it. */
  readonly reloads: () => Readonly<Record<string, number>>;
  readonly droppedLines: () => number;
}

/** How the process itself is. */
export function addStateMetrics(registry: Registry, { health, reloads, droppedLines }: StateSources): void {
  addGauge(registry, {
    name: 'callfire_gateway_redis_up',
    help: '1 while Redis answers in time, 0 while it is stepped around; no value where none is configured. Of several workers the worst.',
    labels: [],
    aggregator: 'min',
    samples: () => {
      const { cache } = health();
      return cache === 'memory' ? [] : [[{}, cache === 'up' ? 1 : 0]];
    },
  });
  addCounter(registry, {
    name: 'callfire_gateway_reloads_total',
    help: 'How many times consumers, accounts and secrets were read again, by outcome: done, or refused where they were broken and nothing changed. Each worker reads for itself; of several the most.',
    labels: ['outcome'],
    aggregator: 'max',
    samples: () => Object.entries(reloads()).map(([outcome, value]) => [{ outcome }, value]),
  });
  addCounter(registry, {
    name: 'callfire_gateway_log_lines_dropped_total',
    help: 'Log lines that were dropped because nobody read the log.',
    labels: [],
    samples: () => [[{}, droppedLines()]],
  });
}
