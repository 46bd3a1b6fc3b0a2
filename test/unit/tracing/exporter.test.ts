import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Exporter } from '../../../src/tracing/exporter.js';
import { createProvider } from '../../../src/tracing/provider.js';
import { startCollector, type Collector } from '../../support/collector.js';

let collector: Collector;
let lines: object[];

beforeEach(async () => {
  collector = await startCollector();
  lines = [];
});

afterEach(() => collector.close());

function open(endpoint: string) {
  const log = {
    info: () => undefined,
    warn: (fields: object, message: string) => void lines.push({ ...fields, message }),
    error: () => undefined,
  };
  const exporter = new Exporter({ endpoint: new URL(endpoint), headers: {} }, log);
  return { exporter, provider: createProvider({ serviceName: 'test', share: 1 }, exporter) };
}

describe('the exporter', () => {
  it('sends to /v1/traces below the path of the endpoint', async () => {
    const { provider } = open(`${collector.url}/otlp/`);
    provider.getTracer('test').startSpan('one').end();
    await provider.shutdown();
    expect(collector.exports.map(({ url }) => url)).toEqual(['/otlp/v1/traces']);
  });

  it('keeps a bounded number of spans and drops what is beyond', async () => {
    const { provider } = open(collector.url);
    const tracer = provider.getTracer('test');
    for (let count = 0; count < 10_000; count++) tracer.startSpan('one').end();
    await provider.shutdown();
    expect(collector.spans.length).toBeGreaterThan(2000);
    expect(collector.spans.length).toBeLessThan(2500);
  });

  it('does nothing within the span that fills a batch', async () => {
    const { provider } = open(collector.url);
    const tracer = provider.getTracer('test');
    let written = 0;
    const span = tracer.startSpan('counted');
    Object.defineProperty(span, 'kind', { get: () => ++written });
    span.end();
    for (let count = 0; count < 300; count++) tracer.startSpan('one').end();
    expect(written).toBe(0);
    await setImmediate();
    await setImmediate();
    expect(written).toBeGreaterThan(0);
    await provider.shutdown();
  });

  it('tells once a minute that nothing can be sent, and not what the collector says', async () => {
    const { exporter } = open(collector.url);
    const send = () =>
      new Promise<void>((resolve) => {
        exporter.export([], () => {
          resolve();
        });
      });
    await send();
    expect(exporter.failing).toBe(false);
    collector.refuse('no: x-api-key=c0llector-key');
    await Promise.all([send(), send(), send()]);
    expect(exporter.failing).toBe(true);
    const message = 'Traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT and are dropped';
    expect(lines).toEqual([{ reason: 400, message }]);
    exporter.close();
  });
});
