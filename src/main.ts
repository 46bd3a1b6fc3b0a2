import { readFileSync } from 'node:fs';
import { ConfigError, readConfig, type Config } from './config.js';
import { createGateway } from './gateway.js';

const EXIT_FAILED = 1;
const EXIT_BAD_ENVIRONMENT = 2;

await run(configuration());

async function run(config: Config): Promise<void> {
  const gateway = createGateway(config);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      void gateway.stop().then(() => process.exit(0));
    });
  }
  try {
    await gateway.start();
  } catch (error) {
    console.error(`callfire-gateway cannot listen on ${config.HOST}:${config.PORT}: ${reason(error)}`);
    process.exit(EXIT_FAILED);
  }
}

function configuration(): Config {
  try {
    return readConfig(process.env, (path) => readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(EXIT_BAD_ENVIRONMENT);
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
}
