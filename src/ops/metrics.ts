import type { IncomingMessage } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { GatewayResponse } from '../http/gateway-response.js';
import { addCounter, addGauge } from './collected-metrics.js';
import { CountedHistogram, type Durations } from './counted-histogram.js';
import type { DetailedHealth } from './operations.js';
import { RequestCounts } from './request-counts.js';
import type { Sample, Samples } from './samples.js';

interface MetricsOptions {
  readonly health: () => DetailedHealth;
  /** How many times consumers, accounts and secrets were read again, by what came of it. */
  readonly reloads: () => Readonly<Record<string, number>>;
  readonly droppedLines: () => number;
}

const BREAKER = { closed: 0, 'half-open': 0.5, open: 1 } as const;

/** What this process counts of itself. Nothing in it is a secret or a number of a call. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counts = new RequestCounts();
  readonly #attempts = new Map<string, Map<string, number>>();
  readonly #requestDurations: CountedHistogram;
  readonly #upstreamDurations: CountedHistogram;
  /** Of the route that was counted last: nearly always the next one's, too. */
  #lastRoute = '';
  #lastDurations: Durations;

  constructor(private readonly options: MetricsOptions) {
    this.#requestDurations = new CountedHistogram({
      registry: this.#registry,
      name: 'callfire_gateway_request_duration_seconds',
      help: 'Seconds from having the headers of a request to having handed its answer to the system, by the pattern of its route.',
      label: 'route',
    });
    this.#upstreamDurations = new CountedHistogram({
      registry: this.#registry,
      name: 'callfire_gateway_upstream_duration_seconds',
      help: 'Seconds from sending a request for a call to CallFire to the end of its answer, each retry for itself, by account. Waiting for a place in the queue is not in it, nor is the passthrough.',
      label: 'account',
    });
    this.#lastDurations = this.#requestDurations.of('-');
    this.#addRequests();
    this.#addUpstream();
    this.#addState();
    collectDefaultMetrics({ register: this.#registry });
  }

  /** To be told of each request that has been answered or given up. */
  ended(request: IncomingMessage, response: GatewayResponse): void {
    this.#counts.count(request, response);
    if (response.route !== this.#lastRoute) {
      this.#lastRoute = response.route;
      this.#lastDurations = this.#requestDurations.of(response.route);
    }
    this.#lastDurations.observe(performance.now() - response.startedAt);
  }

  /** To be told of each request that was sent to CallFire for that account. */
  observer(account: string): { attempt(outcome: string, ms: number): void } {
    const outcomes = this.#attempts.get(account) ?? new Map<string, number>();
    this.#attempts.set(account, outcomes);
    const durations = this.#upstreamDurations.of(account);
    return {
      attempt(outcome, ms) {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        durations.observe(ms);
      },
    };
  }

  /** In Prometheus's text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The same as data, to be put together with that of other processes. */
  samples(): Promise<Samples> {
    return this.#registry.getMetricsAsJSON();
  }

  #addRequests(): void {
    addCounter(this.#registry, {
      name: 'callfire_gateway_requests_total',
      help: 'Requests at the public port that were answered or given up, by the pattern of their route (- where none was reached), method, status (aborted where the client did not wait for the answer), consumer (open where nobody has to say who they are, token for all tokens together, none where that is not known) and account.',
      labels: ['route', 'method', 'status', 'consumer', 'account'],
      samples: () => this.#counts.requests(),
    });
    addCounter(this.#registry, {
      name: 'callfire_gateway_cache_outcomes_total',
      help: 'Lookups by what the cache did: hit (answered from it, remembered 404s too), miss (nothing kept), stale (kept past its freshness), request (the caller wanted a new answer), collapsed (shared the fetch of another lookup), not-forwarded (only-if-cached and nothing kept); and by account.',
      labels: ['outcome', 'account'],
      samples: () => this.#counts.outcomes(),
    });
    addCounter(this.#registry, {
      name: 'callfire_gateway_problems_total',
      help: 'Answers with a problem body, by the code in it.',
      labels: ['code'],
      samples: () => this.#counts.problems(),
    });
    addCounter(this.#registry, {
      name: 'callfire_gateway_refused_requests_total',
      help: 'Requests that were not let in or not let do what they asked, by reason (rate-limited, unauthenticated, forbidden) and consumer.',
      labels: ['reason', 'consumer'],
      samples: () => this.#counts.refused(),
    });
  }

  #addUpstream(): void {
    addCounter(this.#registry, {
      name: 'callfire_gateway_upstream_attempts_total',
      help: 'Requests for calls that were sent to CallFire, each retry for itself, by outcome (the status where CallFire answered, otherwise no-answer, cut, too-long, not-http, or abandoned where time ran out or the gateway stopped) and account. The passthrough is not in it.',
      labels: ['outcome', 'account'],
      samples: () => this.#attemptSamples(),
    });
    addGauge(this.#registry, {
      name: 'callfire_gateway_breaker_state',
      help: 'The breaker before CallFire, by account: 0 closed (fetches pass), 0.5 half-open (one at a time), 1 open (none). Of several workers the worst.',
      labels: ['account'],
      aggregator: 'max',
      samples: () => this.#accounts().map(({ name, breaker }) => [{ account: name }, BREAKER[breaker]]),
    });
    addGauge(this.#registry, {
      name: 'callfire_gateway_fetches_under_way',
      help: 'Fetches of calls from CallFire that have their place at this moment, by account.',
      labels: ['account'],
      samples: () => this.#accounts().map(({ name, queue }) => [{ account: name }, queue.underWay]),
    });
    addGauge(this.#registry, {
      name: 'callfire_gateway_fetches_waiting',
      help: 'Fetches of calls from CallFire that wait for a place at this moment, by account.',
      labels: ['account'],
      samples: () => this.#accounts().map(({ name, queue }) => [{ account: name }, queue.waiting]),
    });
  }

  #addState(): void {
    addGauge(this.#registry, {
      name: 'callfire_gateway_redis_up',
      help: '1 while Redis answers in time, 0 while it is stepped around; no value where none is configured. Of several workers the worst.',
      labels: [],
      aggregator: 'min',
      samples: () => {
        const { cache } = this.options.health();
        return cache === 'memory' ? [] : [[{}, cache === 'up' ? 1 : 0]];
      },
    });
    addCounter(this.#registry, {
      name: 'callfire_gateway_reloads_total',
      help: 'How many times consumers, accounts and secrets were read again, by outcome: done, or refused where they were broken and nothing changed. Each worker reads for itself; of several the most.',
      labels: ['outcome'],
      aggregator: 'max',
      samples: () => Object.entries(this.options.reloads()).map(([outcome, value]) => [{ outcome }, value]),
    });
    addCounter(this.#registry, {
      name: 'callfire_gateway_log_lines_dropped_total',
      help: 'Log lines that were dropped because nobody read the log.',
      labels: [],
      samples: () => [[{}, this.options.droppedLines()]],
    });
  }

  #accounts() {
    return this.options.health().accounts;
  }

  *#attemptSamples(): Iterable<Sample> {
    for (const [account, outcomes] of this.#attempts)
      for (const [outcome, value] of outcomes) yield [{ outcome, account }, value];
  }
}
