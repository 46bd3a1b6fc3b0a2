import { readConfig } from '../../src/config.js';
import { loadTracing } from '../../src/tracing/load-tracing.js';
import type { Environment } from '../../src/secret-files.js';
import type { Collector } from './collector.js';
import { LOGIN, PASSWORD, startGateway, type TestGateway } from './gateway.js';

/** A gateway that traces, into that collector where the settings name no other. */
export async function startTracedGateway(
  { url }: Collector,
  settings: Environment = {},
): Promise<TestGateway> {
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...settings };
  const required = { CALLFIRE_LOGIN: LOGIN, CALLFIRE_PASSWORD: PASSWORD };
  const tracing = await loadTracing(readConfig({ ...required, ...environment }, () => ''));
  return startGateway({ environment, overrides: { tracing } });
}
