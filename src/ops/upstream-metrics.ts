import type { Registry } from 'prom-client';
import { addCounter, addGauge } from './collected-metrics.js';
import { CountedHistogram } from './counted-histogram.js';
import type { AccountHealth } from './operations.js';
import type { Sample } from './samples.js';

const BREAKER = { closed: 0, 'half-open': 0.5, open: 1 } as const;

/** What is counted of the way to CallFire. */
export class UpstreamMetrics {
  readonly #attempts = new Map<string, Map<string, number>>();
  readonly #durations: CountedHistogram;

  constructor(registry: Registry, accounts: () => readonly AccountHealth[]) {
    this.#durations = new CountedHistogram({
      registry,
      name: 'callfire_gateway_upstream_duration_seconds',
      help: 'Seconds from sending a request for a call to CallFire to the end of its answer, each retry for itself, by account. Waiting for a place in the queue is not in it, nor is the passthrough.',
      label: 'account',
    });
    addCounter(registry, {
      name: 'callfire_gateway_upstream_attempts_total',
      help: 'Requests for calls that were sent to CallFire, each retry for itself, by outcome (the status where CallFire answered, otherwise no-answer, cut, too-long, not-http, or abandoned where time ran out or the gateway stopped) and account. The passthrough is not in it.',
      labels: ['outcome', 'account'],
      samples: () => this.#attemptSamples(),
    });
    addGauge(registry, {
      name: 'callfire_gateway_breaker_state',
      help: 'The breaker before CallFire, by account: 0 closed (fetches pass), 0.5 half-open (one at a time), 1 open (none). Of several workers the worst.',
      labels: ['account'],
      aggregator: 'max',
      samples: () => accounts().map(({ name, breaker }) => [{ account: name }, BREAKER[breaker]]),
    });
    addGauge(registry, {
      name: 'callfire_gateway_fetches_under_way',
      help: 'Fetches of calls from CallFire that have their place at this moment, by account.',
      labels: ['account'],
      samples: () => accounts().map(({ name, queue }) => [{ account: name }, queue.underWay]),
    });
    addGauge(registry, {
      name: 'callfire_gateway_fetches_waiting',
      help: 'Fetches of calls from CallFire that wait for a place at this moment, by account.',
      labels: ['account'],
      samples: () => accounts().map(({ name, queue }) => [{ account: name }, queue.waiting]),
    });
  }

  /** To be told of each request that was sent to CallFire for that account. */
  observer(account: string): { attempt(outcome: string, ms: number): void } {
    const outcomes = this.#attempts.get(account) ?? new Map<string, number>();
    this.#attempts.set(account, outcomes);
    const durations = this.#durations.of(account);
    return {
      attempt(outcome, ms) {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        durations.observe(ms);
      },
    };
  }

  *#attemptSamples(): Iterable<Sample> {
    for (const [account, outcomes] of this.#attempts)
      for (const [outcome, value] of outcomes) yield [{ outcome, account }, value];
  }
}
