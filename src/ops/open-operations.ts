import type { CacheKeeper } from '../calls/cache-keeper.js';
import type { EventLog } from '../calls/event-log.js';
import type { Config } from '../config.js';
import type { Health } from '../http/health.js';
import type { RequestLog } from '../http/request-log.js';
import { Metrics } from './metrics.js';
import type { DetailedHealth, ProcessOperations } from './operations.js';
import { OpsListener } from './ops-listener.js';
import { createProcessOperations, type OperatedAccount } from './process-operations.js';

interface OpenOptions {
  /** As it was at the start. */
  readonly config: Config;
  readonly inForce: () => Config;
  readonly keeper: CacheKeeper;
  readonly accounts: () => readonly OperatedAccount[];
  readonly health: () => Health;
  readonly reloads: () => {
    readonly counts: Readonly<Record<string, number>>;
    readonly last: DetailedHealth['reload'];
  };
  readonly log: { readonly events: EventLog; readonly dropped: () => number };
  /** Whether this process has the listener. */
  readonly listens: boolean;
}

interface OpenedOperations {
  /** Undefined where `OPS_PORT` is off. */
  readonly process: ProcessOperations | undefined;
  /** Told of the requests that are sent for the account of that name. */
  observer(account: string): ReturnType<Metrics['observer']> | undefined;
  /** The same log, and each request counted. */
  counting(log: RequestLog): RequestLog;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Nothing is counted and nothing listens where `OPS_PORT` is off. */
export function openOperations(options: OpenOptions): OpenedOperations {
  const { config, log, accounts, reloads, listens } = options;
  if (config.OPS_PORT === 'off') return CLOSED;
  const health = (): DetailedHealth => ({
    ...options.health(),
    accounts: accounts().map(({ name, upstream }) => ({ name, ...upstream })),
    reload: reloads().last,
  });
  const metrics = new Metrics({ health, reloads: () => reloads().counts, droppedLines: log.dropped });
  const operations = createProcessOperations({ ...options, metrics, health, config: options.inForce });
  const { OPS_HOST: host, OPS_PORT: port } = config;
  const listener = listens ? new OpsListener({ host, port, operations, log: log.events }) : undefined;
  return {
    process: operations,
    observer: (account) => metrics.observer(account),
    counting: (write) => (request, response) => {
      metrics.ended(request, response);
      write(request, response);
    },
    start: () => listener?.start() ?? Promise.resolve(),
    stop: () => listener?.stop() ?? Promise.resolve(),
  };
}

const CLOSED: OpenedOperations = {
  process: undefined,
  observer: () => undefined,
  counting: (log) => log,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};
