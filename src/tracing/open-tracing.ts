import type { EventLog } from '../calls/event-log.js';
import { Exporter, type Collector } from './exporter.js';
import { createLookupSpans } from './lookup-spans.js';
import { createPassthroughSpans } from './passthrough-spans.js';
import { createProvider } from './provider.js';
import { createRequestSpans } from './request-spans.js';
import { Spans } from './spans.js';
import type { Tracing } from './tracing.js';

interface TracingOptions extends Collector {
  readonly serviceName: string;
  readonly share: number;
}

const STOP_WITHIN_MS = 1000;
/** Enough for a collector that has come back. */
const STOP_FAILING_WITHIN_MS = 200;

/** Loads all of OpenTelemetry: to be imported only where tracing is on. */
export function openTracing(options: TracingOptions, log: EventLog): Tracing {
  const exporter = new Exporter(options, log);
  const provider = createProvider(options, exporter);
  const spans = new Spans(provider.getTracer('callfire-gateway'));
  return {
    ...createRequestSpans(spans),
    ...createLookupSpans(spans),
    ...createPassthroughSpans(spans),
    async stop() {
      await settled(provider.shutdown(), exporter.failing ? STOP_FAILING_WITHIN_MS : STOP_WITHIN_MS);
      exporter.close();
      spans.close();
    },
  };
}

/** Resolves when the work is done, has failed, or has taken so long. */
function settled(work: Promise<void>, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, withinMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    work.then(done, done);
  });
}
