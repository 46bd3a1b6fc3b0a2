import { createCallCache } from './cache/create-call-cache.js';
import { createKeyMaker } from './cache/keys.js';
import { AccountCredentials } from './callfire/account-credentials.js';
import { CallFireClient } from './callfire/callfire-client.js';
import { createFailureReport } from './callfire/failure-report.js';
import { CallLookup } from './calls/lookup.js';
import { freshnessPolicy, type Config } from './config.js';
import { createApp, PASSTHROUGH_PREFIX } from './http/app.js';
import { createCallsRoute } from './http/calls-route.js';
import { createFail } from './http/failure.js';
import { createFrontDoor } from './http/front-door.js';
import { Port, type ConnectionSource } from './http/connection-source.js';
import type { Health } from './http/health.js';
import { createHealthRoutes } from './http/health-routes.js';
import { Listener } from './http/listener.js';
import { createLookupHandler } from './http/lookup-handler.js';
import { createPassthrough } from './http/passthrough/passthrough.js';
import { createRequestLog } from './http/request-log.js';
import { createHttpServer } from './http/server.js';
import { UnderWay } from './http/under-way.js';
import { createLog, type Log } from './logger.js';

/** What tests and embedding programs may replace. */
export interface Overrides {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly log?: Log;
  /** How long `stop` leaves idle connections open, so that a request on its way is still answered. */
  readonly idleMs?: number;
  /** What the threads run that read large documents, as JavaScript; by default the compiled file in its place. */
  readonly documentWorker?: URL;
  /** Default: the port of the configuration. */
  readonly connections?: ConnectionSource;
  /** What `/readyz` tells, where this gateway is a part of one. */
  readonly health?: () => Health;
}

export interface Gateway {
  /**
   * Listens; resolves with the port. Rejects where the address cannot be had. Neither CallFire nor Redis need be there.
   */
  start(): Promise<number>;
  /** Finishes what is in flight, then closes everything. Idempotent. */
  stop(): Promise<void>;
  /** Of this gateway alone. */
  health(): Health;
}

/** How long the start waits for Redis. */
const REDIS_WITHIN_MS = 500;

/** How much longer than a fetch a lease lasts: the fetch's result has to be stored, too. */
const LEASE_SLACK_MS = 2_000;

/** The one place where the parts are put together. */
export function createGateway(config: Config, overrides: Overrides = {}): Gateway {
  const { now = Date.now, log = createLog(config.LOG_LEVEL), idleMs = 500 } = overrides;
  const { events } = log;
  const [accountConfig] = config.accounts;
  if (accountConfig === undefined) throw new Error('A configuration has at least one account.');
  const { baseUrl, current, next, timeoutMs, maxConcurrency } = accountConfig;
  const accountLog = events.child({ account: accountConfig.name });
  const credentials = new AccountCredentials({ current, next, log: accountLog });
  const upstream = {
    ...{ baseUrl, timeoutMs, maxConcurrency },
    report: createFailureReport(accountLog),
  };
  const client = new CallFireClient({
    ...upstream,
    credentials,
    maxBytes: config.UPSTREAM_MAX_BYTES,
    documentWorker: overrides.documentWorker,
    log: accountLog,
  });
  const callCache = createCallCache({
    redis: config.REDIS_URL,
    redisTimeoutMs: config.REDIS_TIMEOUT_MS,
    maxBytes: config.CACHE_MEMORY_MB * 1024 * 1024,
    prefix: config.CACHE_PREFIX,
    leaseMs: config.UPSTREAM_TIMEOUT_MS + config.REDIS_TIMEOUT_MS + LEASE_SLACK_MS,
    now,
    log: events,
  });
  const lookup = new CallLookup({
    source: client,
    cache: callCache.cache,
    leases: callCache.leases,
    keyOf: createKeyMaker({ prefix: config.CACHE_PREFIX, account: accountConfig.keyName }),
    policy: freshnessPolicy(config),
    cacheTimeoutMs: config.REDIS_TIMEOUT_MS,
    now,
  });
  const passthrough =
    config.PASSTHROUGH === 'off'
      ? undefined
      : createPassthrough({
          ...upstream,
          credentials,
          containsSecret: (text) => credentials.scrub(text) !== text,
          allowWrites: config.PASSTHROUGH_WRITES,
        });
  const fail = createFail(events);
  const handler = createLookupHandler(lookup, now);
  const requestLog = createRequestLog(log);
  const health = (): Health => ({
    stopping: listener.stopping,
    cache: callCache.state(),
    upstream: client.breakerState === 'closed' ? 'ok' : 'failing',
  });
  const app = createApp({
    routes: [createCallsRoute(handler), createHealthRoutes(overrides.health ?? health)],
    passthrough: passthrough?.router,
    fail,
  });
  const underWay = new UnderWay();
  const corsOrigins = config.CORS_ORIGINS;
  const frontDoor = createFrontDoor({ app, handler, requestLog, fail, corsOrigins, underWay });
  const connections = overrides.connections ?? new Port(config.HOST, config.PORT);
  const listener = new Listener(createHttpServer(app, frontDoor), underWay, connections);

  const open = async () => {
    // So that the first lookups find what Redis has; without Redis the gateway starts all the same.
    await callCache.opened(REDIS_WITHIN_MS);
    const port = await listener.start();
    // Whoever brings the connections says where they come from.
    if (overrides.connections === undefined)
      events.info({ host: config.HOST, port, passthrough: passthrough && PASSTHROUGH_PREFIX }, 'listening');
    return port;
  };
  const close = async () => {
    await started?.catch(() => undefined);
    const { SHUTDOWN_DELAY_MS: delayMs, SHUTDOWN_GRACE_MS: graceMs } = config;
    await listener.stop({ delayMs, graceMs, idleMs });
    passthrough?.close();
    await client.close();
    await callCache.close();
    events.info({}, 'stopped');
    await log.close();
  };
  let started: Promise<number> | undefined;
  let stopped: Promise<void> | undefined;
  return { start: () => (started ??= open()), stop: () => (stopped ??= close()), health };
}
