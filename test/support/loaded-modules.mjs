import { createRequire } from 'node:module';

/**
 * To be imported before a program: when that exits, tells on stderr which packages of OpenTelemetry it has loaded, beside
 * the types and stubs of its API, which prom-client loads in any case.
 */
process.on('exit', () => {
  const paths = Object.keys(createRequire(import.meta.url).cache);
  const names = paths.map((path) => /node_modules\/(@opentelemetry\/[^/]+)\//.exec(path)?.[1]);
  const loaded = [...new Set(names.filter((name) => name !== undefined && name !== '@opentelemetry/api'))];
  console.error(
    `loaded: ${paths.length} modules; ${loaded.length > 0 ? loaded.join(' ') : 'no OpenTelemetry'}`,
  );
});
