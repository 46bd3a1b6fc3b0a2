import { readFileSync } from 'node:fs';
import { ConfigError, type Config } from './config.js';
import { ConfigReader } from './config-reader.js';
import type { Gateway } from './gateway.js';
import { loadTracing } from './tracing/load-tracing.js';
import type { OpenTracing } from './tracing/tracing.js';
import type { Borrowed } from './workers/borrow-config.js';

const EXIT_FAILED = 1;
const EXIT_BAD_ENVIRONMENT = 2;

const reader = new ConfigReader({ ...process.env }, (path) => readFileSync(path, 'utf8'));

await run(await configuration());

async function run({ config, borrowed }: Start): Promise<void> {
  const told = signalled('SIGTERM', 'SIGINT');
  // A terminal and some supervisors signal every process; a worker stops or reloads when the primary process tells it to.
  let reload: Role['reload'] = undefined;
  process.on('SIGHUP', () => reload?.());
  const { gateway, toldToStop, ...role } = await build({ config, borrowed }, told);
  reload = role.reload;
  void toldToStop.then(() => gateway.stop()).then(() => process.exit(0));
  try {
    await gateway.start();
  } catch (error) {
    console.error(`callfire-gateway cannot listen on ${place(error, config)}: ${reason(error)}`);
    process.exit(EXIT_FAILED);
  }
}

interface Start {
  readonly config: Config;
  /** Of a worker whose files are broken. */
  readonly borrowed?: Borrowed | undefined;
}

interface Role {
  readonly gateway: Pick<Gateway, 'start' | 'stop'>;
  readonly toldToStop: Promise<void>;
  /** What SIGHUP does here. */
  readonly reload?: () => void;
}

/** The gateway itself, one of its workers, or the process that keeps the workers: each loads only what it runs. */
async function build({ config, borrowed }: Start, toldToStop: Promise<void>): Promise<Role> {
  const number = workerNumber();
  if (number !== undefined) {
    const { createWorker } = await import('./workers/worker.js');
    return createWorker(config, { number, reader, borrowed, tracing: await tracingOf(config) });
  }
  if (config.WORKERS > 1) {
    const { createPrimary } = await import('./workers/primary.js');
    const gateway = createPrimary(config, { entry: import.meta.filename, contents: reader.contents });
    return {
      gateway,
      toldToStop,
      reload: () => {
        gateway.reload();
      },
    };
  }
  const { createGateway } = await import('./gateway.js');
  const gateway = createGateway(config, {
    readConfig: () => reader.read(),
    tracing: await tracingOf(config),
  });
  return { gateway, toldToStop, reload: () => void gateway.reload() };
}

/** OpenTelemetry's packages are told everything; what they would read for themselves is taken out of their sight. */
function tracingOf(config: Config): Promise<OpenTracing | undefined> {
  for (const name of Object.keys(process.env))
    if (name.startsWith('OTEL_')) Reflect.deleteProperty(process.env, name);
  return loadTracing(config);
}

/** Resolves with the first of these signals; from the start on none of them ends the process by itself. */
function signalled(...signals: readonly NodeJS.Signals[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
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

/** Where its files are broken, a worker begins with what they held before; nobody else begins. */
async function configuration(): Promise<Start> {
  try {
    return { config: reader.read() };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const borrowed = workerNumber() === undefined ? undefined : await borrow(error);
    if (borrowed !== undefined) return { config: borrowed.config, borrowed };
    console.error(error.message);
    process.exit(EXIT_BAD_ENVIRONMENT);
  }
}

async function borrow(error: ConfigError): Promise<Borrowed | undefined> {
  const { borrowConfig } = await import('./workers/borrow-config.js');
  return borrowConfig(reader, error);
}

/** What could not be listened on. The operators' listener says so itself. */
function place(error: unknown, { HOST, PORT }: Config): string {
  if (error instanceof Error && 'variables' in error && 'address' in error && 'port' in error)
    return `${String(error.address)}:${String(error.port)} (${String(error.variables)})`;
  return `${HOST}:${PORT}`;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
}
