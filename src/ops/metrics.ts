import type { IncomingMessage } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { GatewayResponse } from '../http/gateway-response.js';
import { RequestMetrics } from './request-metrics.js';
import type { Samples } from './samples.js';
import { addStateMetrics, type StateSources } from './state-metrics.js';
import { UpstreamMetrics } from './upstream-metrics.js';

/** What this process counts of itself. Nothing in it is a secret or a number of a call. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new RequestMetrics(this.#registry);
  readonly #upstream: UpstreamMetrics;

  constructor(sources: StateSources) {
    this.#upstream = new UpstreamMetrics(this.#registry, () => sources.health().accounts);
    addStateMetrics(this.#registry, sources);
    collectDefaultMetrics({ register: this.#registry });
  }

  /** To be told of each request that has been answered or given up. */
  ended(request: IncomingMessage, response: GatewayResponse): void {
    this.#requests.ended(request, response);
  }

  /** To be told of each request that was sent to CallFire for that account. */
  observer(account: string): ReturnType<UpstreamMetrics['observer']> {
    return this.#upstream.observer(account);
  }

  /** In Prometheus's text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The same as data, to be put together with that of other processes. */
  samples(): Promise<Samples> {
    return this.#registry.getMetricsAsJSON();
  }
}
