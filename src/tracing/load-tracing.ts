import type { Config } from '../config.js';
import { readOtlpHeaders } from './otlp-headers.js';
import type { OpenTracing } from './tracing.js';

/** What opens tracing; undefined where it is not configured, and then nothing of OpenTelemetry is even loaded. */
export async function loadTracing(config: Config): Promise<OpenTracing | undefined> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  const { openTracing } = await import('./open-tracing.js');
  const options = {
    endpoint,
    headers: readOtlpHeaders(config.OTEL_EXPORTER_OTLP_HEADERS ?? '') ?? {},
    serviceName: config.OTEL_SERVICE_NAME,
    share: config.OTEL_TRACES_SAMPLER_ARG,
  };
  return (log) => openTracing(options, log);
}
