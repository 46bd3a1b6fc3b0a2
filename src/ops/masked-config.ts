import type { Config } from '../config.js';
import type { AccountConfig } from '../config/accounts-file.js';
import type { ConsumerConfig } from '../config/consumers-file.js';
import type { Variables } from '../config/schema.js';

const MASK = '***';

/**
 * What becomes of each variable: a new one does not compile before somebody has decided. An `address` is shown without
 * its query, which may hold a secret.
 */
const SHOWN: Readonly<Record<keyof Variables, 'plain' | 'secret' | 'address' | 'redis'>> = {
  HOST: 'plain',
  PORT: 'plain',
  WORKERS: 'plain',
  SHUTDOWN_DELAY_MS: 'plain',
  SHUTDOWN_GRACE_MS: 'plain',
  LOG_LEVEL: 'plain',
  CORS_ORIGINS: 'plain',
  TRUST_PROXY: 'plain',
  AUTH: 'plain',
  CONSUMERS_FILE: 'plain',
  AUTH_JWKS_URL: 'address',
  AUTH_JWKS_FILE: 'plain',
  AUTH_JWT_ISSUER: 'plain',
  AUTH_JWT_AUDIENCE: 'plain',
  AUTH_JWT_ALGORITHMS: 'plain',
  AUTH_JWT_CLOCK_SKEW_SECONDS: 'plain',
  AUTH_JWT_ACCOUNT_CLAIM: 'plain',
  AUTH_JWT_SCOPE_CLAIM: 'plain',
  RATE_LIMIT: 'plain',
  RATE_LIMIT_UNAUTHENTICATED: 'plain',
  OPS_HOST: 'plain',
  OPS_PORT: 'plain',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'address',
  OTEL_EXPORTER_OTLP_HEADERS: 'secret',
  OTEL_SERVICE_NAME: 'plain',
  OTEL_TRACES_SAMPLER_ARG: 'plain',
  ACCOUNTS_FILE: 'plain',
  CALLFIRE_LOGIN: 'secret',
  CALLFIRE_PASSWORD: 'secret',
  CALLFIRE_NEXT_LOGIN: 'secret',
  CALLFIRE_NEXT_PASSWORD: 'secret',
  CALLFIRE_BASE_URL: 'address',
  CALLFIRE_ALLOW_HTTP: 'plain',
  CALLFIRE_ACCOUNT: 'plain',
  UPSTREAM_TIMEOUT_MS: 'plain',
  UPSTREAM_MAX_BYTES: 'plain',
  UPSTREAM_MAX_CONCURRENCY: 'plain',
  REDIS_URL: 'redis',
  REDIS_TIMEOUT_MS: 'plain',
  CACHE_STATES: 'plain',
  CACHE_TTL_SECONDS: 'plain',
  CACHE_SETTLE_SECONDS: 'plain',
  CACHE_STALE_SECONDS: 'plain',
  CACHE_NEGATIVE_SECONDS: 'plain',
  CACHE_PREFIX: 'plain',
  CACHE_MEMORY_MB: 'plain',
  PASSTHROUGH: 'plain',
  PASSTHROUGH_WRITES: 'plain',
};

/** The configuration in force, for operators: secrets are `***` where they are set, and null stands for what is not set. */
export function maskConfig(config: Config): object {
  const variables = Object.entries(SHOWN).map(([name, how]): [string, unknown] => {
    const value: unknown = Reflect.get(config, name);
    return [name, value === undefined ? null : SHOW[how](value)];
  });
  return {
    variables: Object.fromEntries<unknown>(variables),
    open: config.open,
    accounts: config.accounts.map(maskAccount),
    consumers: config.consumers?.map(maskConsumer) ?? null,
    tokens: config.tokens !== undefined,
    watchedFiles: config.files,
  };
}

const SHOW = {
  plain: (value: unknown) => value,
  secret: () => MASK,
  address: (value: unknown) => (value instanceof URL ? value.origin + value.pathname : MASK),
  redis: maskRedis,
} as const;

/** Fits `RedisTarget`. */
function maskRedis(target: unknown): unknown {
  if (typeof target !== 'object' || target === null) return MASK;
  const { mode, nodes, tls, db, sentinel, username, password }: Record<string, unknown> = { ...target };
  const masterName: unknown =
    typeof sentinel === 'object' && sentinel !== null && 'masterName' in sentinel
      ? sentinel.masterName
      : undefined;
  const mask = (secret: unknown) => (secret === undefined ? null : MASK);
  return { mode, nodes, tls, db, masterName, username: mask(username), password: mask(password) };
}

function maskAccount({ name, keyName, baseUrl, next, maxConcurrency }: AccountConfig) {
  return {
    ...{ name, keyName, baseUrl: baseUrl.origin + baseUrl.pathname, maxConcurrency },
    current: MASK,
    next: next === undefined ? null : MASK,
  };
}

function maskConsumer({ name, account, scopes, limit, origins, keys }: ConsumerConfig) {
  return {
    ...{ name, account: account ?? null, scopes, limit: limit ?? null, origins: origins ?? null },
    keys: keys.map(({ sha256, expires }) => ({
      sha256: `${sha256.slice(0, 8)}…`,
      expires: expires === undefined ? null : new Date(expires).toISOString(),
    })),
  };
}
