import type { IncomingMessage } from 'node:http';
import type { Registry } from 'prom-client';
import type { GatewayResponse } from '../http/gateway-response.js';
import { addCounter } from './collected-metrics.js';
import { CountedHistogram, type Durations } from './counted-histogram.js';
import { RequestCounts } from './request-counts.js';

/** What is counted of requests at the public port. */
export class RequestMetrics {
  readonly #counts = new RequestCounts();
  readonly #durations: CountedHistogram;
  /** Of the route that was counted last: nearly always the next one's, too. */
  #lastRoute = '';
  #lastDurations: Durations;

  constructor(registry: Registry) {
    this.#durations = new CountedHistogram({
      registry,
      name: 'callfire_gateway_request_duration_seconds',
      help: 'Seconds from having the headers of a request to having handed its answer to the system, by the pattern of its route.',
      label: 'route',
    });
    this.#lastDurations = this.#durations.of('-');
    this.#addCounters(registry);
  }

  /** To be told of each request that has been answered or given up. */
  ended(request: IncomingMessage, response: GatewayResponse): void {
    this.#counts.count(request, response);
    if (response.route !== this.#lastRoute) {
      this.#lastRoute = response.route;
      this.#lastDurations = this.#durations.of(response.route);
    }
    this.#lastDurations.observe(response.ms);
  }

  #addCounters(registry: Registry): void {
    addCounter(registry, {
      name: 'callfire_gateway_requests_total',
      help: 'Requests at the public port that were answered or given up, by the pattern of their route (- where none was reached), method, status (aborted where the client did not wait for the answer), consumer (open where nobody has to say who they are, token for all tokens together, none where that is not known) and account.',
      labels: ['route', 'method', 'status', 'consumer', 'account'],
      samples: () => this.#counts.requests(),
    });
    addCounter(registry, {
      name: 'callfire_gateway_cache_outcomes_total',
      help: 'Lookups by what the cache did: hit (answered from it, remembered 404s too), miss (nothing kept), stale (kept past its freshness), request (the caller wanted a new answer), collapsed (shared the fetch of another lookup), not-forwarded (only-if-cached and nothing kept); and by account.',
      labels: ['outcome', 'account'],
      samples: () => this.#counts.outcomes(),
    });
    addCounter(registry, {
      name: 'callfire_gateway_problems_total',
      help: 'Answers with a problem body, by the code in it.',
      labels: ['code'],
      samples: () => this.#counts.problems(),
    });
    addCounter(registry, {
      name: 'callfire_gateway_refused_requests_total',
      help: 'Requests that were not let in or not let do what they asked, by reason (rate-limited, unauthenticated, forbidden) and consumer.',
      labels: ['reason', 'consumer'],
      samples: () => this.#counts.refused(),
    });
  }
}
