import type { Attributes } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanExporter,
  type TracerConfig,
} from '@opentelemetry/sdk-trace-node';

interface ProviderOptions {
  readonly serviceName: string;
  /** How many of the traces that begin here are recorded, from 0 to 1; others as their caller has decided. */
  readonly share: number;
}

type Resource = NonNullable<TracerConfig['resource']>;

/** The most spans that wait; others are dropped. */
const QUEUE_SPANS = 2048;
/** Few enough to be written as JSON in a millisecond or two. */
const BATCH_SPANS = 256;
const BATCH_MS = 1000;
const EXPORT_TIMEOUT_MS = 10_000;

/** Everything is said here: what is left out the SDK would look up in the environment. Nothing becomes global. */
export function createProvider(
  { serviceName, share }: ProviderOptions,
  exporter: SpanExporter,
): BasicTracerProvider {
  const limits = { attributeValueLengthLimit: 128, attributeCountLimit: 32 };
  return new BasicTracerProvider({
    resource: new ServiceResource({
      'service.name': serviceName,
      'process.pid': process.pid,
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.name': 'opentelemetry',
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    generalLimits: limits,
    spanLimits: {
      ...limits,
      linkCountLimit: 8,
      eventCountLimit: 8,
      attributePerEventCountLimit: 8,
      attributePerLinkCountLimit: 8,
    },
    forceFlushTimeoutMillis: EXPORT_TIMEOUT_MS,
    spanProcessors: [
      new BatchSpanProcessor(exporter, {
        maxQueueSize: QUEUE_SPANS,
        maxExportBatchSize: BATCH_SPANS,
        scheduledDelayMillis: BATCH_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
}

/** What is told of this process: no detector adds to it, and no variable. */
class ServiceResource implements Resource {
  constructor(readonly attributes: Attributes) {}

  merge(): Resource {
    return this;
  }

  getRawAttributes(): ReturnType<Resource['getRawAttributes']> {
    return Object.entries(this.attributes);
  }
}
