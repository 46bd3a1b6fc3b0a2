import { createAddressOf, limitKey } from './access/client-address.js';
import { openAccount } from './accounts/account.js';
import { createCallCache } from './cache/create-call-cache.js';
import { createLimitKeyMaker } from './cache/keys.js';
import { freshnessPolicy, type Config } from './config.js';
import { createAdmission } from './http/admission.js';
import { createApp } from './http/app.js';
import { createCallsRoute } from './http/calls-route.js';
import { Port, type ConnectionSource } from './http/connection-source.js';
import { createCors } from './http/cors.js';
import { createFail } from './http/failure.js';
import { createFrontDoor } from './http/front-door.js';
import type { Health } from './http/health.js';
import { createHealthRoutes } from './http/health-routes.js';
import { Listener } from './http/listener.js';
import { createLookupHandler } from './http/lookup-handler.js';
import { PASSTHROUGH_PREFIX } from './http/passthrough-prefix.js';
import { createRequestLog } from './http/request-log.js';
import { createHttpServer, patienceWith, type ClientPatience } from './http/server.js';
import { UnderWay } from './http/under-way.js';
import { InForce } from './in-force.js';
import { createLimits } from './limits/create-limits.js';
import { createStrangers } from './limits/strangers.js';
import { createLog, type Log } from './logger.js';
import { openOperations } from './ops/open-operations.js';
import type { ProcessOperations } from './ops/operations.js';
import type { OpenTracing } from './tracing/tracing.js';

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
  /** How slow clients may be. */
  readonly patience?: ClientPatience;
  /** What `/readyz` tells, where this gateway is a part of one. */
  readonly health?: () => Health;
  /** Reads the configuration again; by default it never changes. Throws a `ConfigError`. */
  readonly readConfig?: () => Config;
  /** What `loadTracing` gives; by default nothing is traced, whatever the configuration says. */
  readonly tracing?: OpenTracing | undefined;
}

export interface Gateway {
  /**
   * Listens; resolves with the port. Rejects where the address cannot be had. Neither CallFire nor Redis need be there.
   */
  start(): Promise<number>;
  /** Finishes what is in flight, then closes everything. Idempotent. */
  stop(): Promise<void>;
  /** Reads consumers, accounts and secrets again. False where what was in force stays so: they are broken, or it stops. */
  reload(): boolean;
  /** Of this gateway alone. */
  health(): Health;
  /** What its operators may ask; undefined where that is switched off. */
  readonly operations: ProcessOperations | undefined;
}

/** How long the start waits for Redis. */
const REDIS_WITHIN_MS = 500;

/** How much longer than a fetch a lease lasts: the fetch's result has to be stored, too. */
const LEASE_SLACK_MS = 2_000;

/** The one place where the parts are put together. */
export function createGateway(config: Config, overrides: Overrides = {}): Gateway {
  const { now = Date.now, log = createLog(config.LOG_LEVEL), idleMs = 500 } = overrides;
  const { events } = log;
  const tracing = overrides.tracing?.(events);
  const callCache = createCallCache({
    redis: config.REDIS_URL,
    redisTimeoutMs: config.REDIS_TIMEOUT_MS,
    maxBytes: config.CACHE_MEMORY_MB * 1024 * 1024,
    prefix: config.CACHE_PREFIX,
    leaseMs: config.UPSTREAM_TIMEOUT_MS + config.REDIS_TIMEOUT_MS + LEASE_SLACK_MS,
    now,
    log: events,
  });
  const operations = openOperations({
    config,
    keeper: callCache.keeper,
    accounts: () => accounts.all,
    health: () => health(),
    inForce: () => inForce.config,
    reloads: () => reload,
    log,
    // Whoever brings the connections has a listener for operators of its own.
    listens: overrides.connections === undefined,
  });
  const inForce = new InForce({
    config,
    readConfig: overrides.readConfig ?? (() => config),
    openAccount: (account) =>
      openAccount(account, {
        cache: tracing?.cache(callCache.cache) ?? callCache.cache,
        leases: callCache.leases,
        keyPrefix: config.CACHE_PREFIX,
        policy: freshnessPolicy(config),
        cacheTimeoutMs: config.REDIS_TIMEOUT_MS,
        timeoutMs: config.UPSTREAM_TIMEOUT_MS,
        maxBytes: config.UPSTREAM_MAX_BYTES,
        passthrough: config.PASSTHROUGH === 'on',
        passthroughWrites: config.PASSTHROUGH_WRITES,
        documentWorker: overrides.documentWorker,
        tracing,
        observer: (name) => operations.observer(name),
        log: events,
        now,
      }),
    log: events,
    now,
  });
  const { accounts, reload } = inForce;

  const fail = createFail(events);
  const handler = createLookupHandler(now);
  const health = (): Health => ({
    stopping: listener.stopping,
    cache: callCache.state(),
    upstream: accounts.all.every(({ upstream }) => upstream.breaker === 'closed') ? 'ok' : 'failing',
  });
  const cors = createCors({ shared: new Set(config.CORS_ORIGINS), all: () => inForce.origins });
  const admit = createAdmission({
    identify: (headers) => inForce.authenticator.identify(headers),
    account: (name) => accounts.get(name),
    limits: createLimits({ redis: callCache.redis, keyOf: createLimitKeyMaker(config.CACHE_PREFIX) }),
    strangers: createStrangers(config.RATE_LIMIT_UNAUTHENTICATED),
    addressOf: createAddressOf(config.TRUST_PROXY),
    limitKey,
    cors,
  });
  const app = createApp({
    routes: [createCallsRoute(handler), createHealthRoutes(overrides.health ?? health)],
    fail,
  });
  const underWay = new UnderWay();
  const requestLog = operations.counting(createRequestLog(log));
  const ended = tracing?.ended(requestLog) ?? requestLog;
  const frontDoor = createFrontDoor({ app, admit, cors, handler, ended, fail, underWay });
  const connections = overrides.connections ?? new Port(config.HOST, config.PORT);
  const { patience = patienceWith(config.UPSTREAM_TIMEOUT_MS) } = overrides;
  const server = createHttpServer(app, tracing?.entered(frontDoor) ?? frontDoor, {
    patience,
    onClientError: (error) => {
      events.info({ audit: 'access', ...error, code: 'invalid-parameter' }, 'no request');
    },
  });
  const listener = new Listener(server, underWay, connections);

  const open = async () => {
    await operations.start();
    // So that the first lookups find what Redis has; without Redis the gateway starts all the same.
    await callCache.opened(REDIS_WITHIN_MS);
    const port = await listener.start();
    reload.start();
    // Whoever brings the connections says where they come from.
    if (overrides.connections === undefined) {
      const passthrough = config.PASSTHROUGH === 'on' ? PASSTHROUGH_PREFIX : undefined;
      events.info({ host: config.HOST, port, passthrough, open: config.open }, 'listening');
    }
    return port;
  };
  const close = async () => {
    reload.stop();
    await started?.catch(() => undefined);
    const { SHUTDOWN_DELAY_MS: delayMs, SHUTDOWN_GRACE_MS: graceMs } = config;
    await listener.stop({ delayMs, graceMs, idleMs });
    await operations.stop();
    await accounts.close();
    await callCache.close();
    await tracing?.stop();
    events.info({}, 'stopped');
    await log.close();
  };
  let started: Promise<number> | undefined;
  let stopped: Promise<void> | undefined;
  return {
    start: () => (started ??= open()),
    stop: () => (stopped ??= close()),
    reload: () => reload.now('SIGHUP'),
    health,
    operations: operations.process,
  };
}
