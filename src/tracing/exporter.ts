import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setImmediate } from 'node:timers/promises';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { EventLog } from '../calls/event-log.js';
import { createLineLimit } from '../calls/line-limit.js';

export interface Collector {
  /** Without `/v1/traces`. */
  readonly endpoint: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** For one batch, with its repetitions. */
const TIMEOUT_MS = 5000;
/** More than a full queue has batches, as all of them are sent together at the end. */
const MOST_EXPORTS = 16;

/** Sends spans to a collector. What cannot be sent is dropped, and said once a minute. */
export class Exporter implements SpanExporter {
  readonly #agent: HttpAgent;
  readonly #otlp: SpanExporter;
  readonly #mayLog = createLineLimit();
  #failing = false;

  constructor(
    { endpoint, headers }: Collector,
    private readonly log: EventLog,
  ) {
    const url = new URL(endpoint);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
    const agent = new (url.protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: true });
    this.#agent = agent;
    this.#otlp = new OTLPTraceExporter({
      url: url.href,
      headers,
      timeoutMillis: TIMEOUT_MS,
      concurrencyLimit: MOST_EXPORTS,
      httpAgentOptions: () => agent,
    });
  }

  /** The last batch could not be sent. */
  get failing(): boolean {
    return this.#failing;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    // Not at once: the request whose span fills a batch would wait until it is written as JSON.
    void setImmediate().then(() => {
      this.#otlp.export(spans, (result) => {
        this.#failing = result.error !== undefined;
        if (result.error !== undefined) this.#tell(result.error);
        done(result);
      });
    });
  }

  async shutdown(): Promise<void> {
    await setImmediate();
    await this.#otlp.shutdown();
  }

  /** Ends at once what is being sent. */
  close(): void {
    this.#agent.destroy();
  }

  /** Without the error's text, which may quote the collector. */
  #tell(error: Error): void {
    if (!this.#mayLog('failed')) return;
    const reason =
      'code' in error && (typeof error.code === 'string' || typeof error.code === 'number')
        ? error.code
        : error.name;
    this.log.warn({ reason }, 'Traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT and are dropped');
  }
}
