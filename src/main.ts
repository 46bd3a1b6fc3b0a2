import { readFileSync } from 'node:fs';
import { ConfigError, readConfig, type Config } from './config.js';
import type { Gateway } from './gateway.js';

const EXIT_FAILED = 1;
const EXIT_BAD_ENVIRONMENT = 2;

await run(configuration());

async function run(config: Config): Promise<void> {
  const { gateway, toldToStop } = await build(config, signalled());
  void toldToStop.then(() => gateway.stop()).then(() => process.exit(0));
  try {
    await gateway.start();
  } catch (error) {
    console.error(`callfire-gateway cannot listen on ${config.HOST}:${config.PORT}: ${reason(error)}`);
    process.exit(EXIT_FAILED);
  }
}

interface Role {
  readonly gateway: Pick<Gateway, 'start' | 'stop'>;
  readonly toldToStop: Promise<void>;
}

/** The gateway itself, one of its workers, or the process that keeps the workers: each loads only what it runs. */
async function build(config: Config, toldToStop: Promise<void>): Promise<Role> {
  const number = workerNumber();
  if (number !== undefined) {
    // A terminal and some supervisors signal every process; a worker stops when the primary process tells it to.
    const { createWorker } = await import('./workers/worker.js');
    return createWorker(config, number);
  }
  if (config.WORKERS > 1) {
    const { createPrimary } = await import('./workers/primary.js');
    return { gateway: createPrimary(config, import.meta.filename), toldToStop };
  }
  const { createGateway } = await import('./gateway.js');
  return { gateway: createGateway(config), toldToStop };
}

/** Resolves with the first signal to stop; from the start on none of them ends the process by itself. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        resolve();
      });
    }
  });
}

/** Undefined unless the primary process has started this one as a worker. */
function workerNumber(): number | undefined {
  return process.argv[2] === 'worker' ? Number(process.argv[3]) : undefined;
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
