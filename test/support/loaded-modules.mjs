import { createRequire } from 'node:module';

/** To be imported before a program: when that exits, tells on stderr which packages of OpenTelemetry it has loaded. */
process.on('exit', () => {
  const paths = Object.keys(createRequire(import.meta.url).cache);
  const names = paths.map((path) => /node_modules\/(@opentelemetry\/[^/]+)\//.exec(path)?.[1]);
  const loaded = [...new Set(names.filter((name) => name !== undefined))];
  console.error(
    `loaded: ${paths.length} modules; ${loaded.length > 0 ? loaded.join(' ') : 'no OpenTelemetry'}`,
  );
});
