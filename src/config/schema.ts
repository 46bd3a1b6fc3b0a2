import { z } from 'zod';
import { parseRedisUrl } from '../cache/redis/redis-url.js';
import { END_STATES, isEndState } from '../calls/states.js';
import { readOtlpHeaders } from '../tracing/otlp-headers.js';
import {
  baseUrl,
  flag,
  httpUrl,
  host,
  isLoginLength,
  isOrigin,
  LOGIN_TOO_LONG,
  isTrustRange,
  list,
  name,
  rateLimit,
  share,
  trustedUrl,
  whole,
} from './fields.js';

/** The variables alone, without what the files hold that they name. */
export type Variables = Readonly<z.infer<typeof schema>>;

/** Signatures that only the owner of a private key can make; the others that JWT knows are no proof from a JWKS. */
const SIGNATURES = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const redisTarget = z.string().transform((text, context) => {
  try {
    return parseRedisUrl(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be read';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
});

const claim = z.string().regex(/^\S+$/, { error: 'must be the name of a claim, without spaces' });
const password = z.string().refine(isLoginLength, { error: LOGIN_TOO_LONG });
const login = password.refine((text) => !text.includes(':'), { error: 'must not hold a colon' });

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every variable by itself. Messages follow its name and repeat no value. */
export const schema = z.object({
  HOST: host.default('127.0.0.1'),
  PORT: whole(0, 65_535).default(8080),
  WORKERS: whole(1, 64).default(1),
  SHUTDOWN_DELAY_MS: whole(0, 60_000).default(0),
  SHUTDOWN_GRACE_MS: whole(0, 600_000).default(10_000),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, {
      error: `must be one of ${LOG_LEVELS.join(', ')}`,
    })
    .default('info'),
  CORS_ORIGINS: list('').refine((origins) => origins.every((text) => text === '*' || isOrigin(text)), {
    error: 'must be exact origins such as https://app.example.com, separated by commas, or *',
  }),
  TRUST_PROXY: list('').refine((ranges) => ranges.every(isTrustRange), {
    error: 'must be addresses or CIDR ranges separated by commas, or loopback, linklocal, uniquelocal',
  }),

  AUTH: z.literal('none', { error: 'must be none, or unset' }).optional(),
  CONSUMERS_FILE: z.string().optional(),
  AUTH_JWKS_URL: trustedUrl.optional(),
  AUTH_JWKS_FILE: z.string().optional(),
  AUTH_JWT_ISSUER: z.string().optional(),
  AUTH_JWT_AUDIENCE: z.string().optional(),
  AUTH_JWT_ALGORITHMS: list('RS256,ES256').refine(
    (names) => names.length > 0 && names.every((text) => SIGNATURES.includes(text)),
    { error: `must be of ${SIGNATURES.join(', ')}` },
  ),
  AUTH_JWT_CLOCK_SKEW_SECONDS: whole(0, 600).default(30),
  AUTH_JWT_ACCOUNT_CLAIM: claim.default('account'),
  AUTH_JWT_SCOPE_CLAIM: claim.default('scope'),
  RATE_LIMIT: rateLimit.optional(),
  RATE_LIMIT_UNAUTHENTICATED: rateLimit.default({ requests: 60, seconds: 60 }),

  OPS_HOST: host.default('127.0.0.1'),
  /** Undefined: 9090 where it is free. */
  OPS_PORT: z
    .union([z.literal('off'), whole(0, 65_535)], {
      error: 'must be off, or a whole number from 0 to 65535',
    })
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .refine((text) => readOtlpHeaders(text) !== undefined, {
      error: 'must be headers such as name=value,name2=value2, percent-encoded',
    })
    .optional(),
  OTEL_SERVICE_NAME: name.default('callfire-gateway'),
  OTEL_TRACES_SAMPLER_ARG: share(1),

  ACCOUNTS_FILE: z.string().optional(),
  CALLFIRE_LOGIN: login.optional(),
  CALLFIRE_PASSWORD: password.optional(),
  CALLFIRE_NEXT_LOGIN: login.optional(),
  CALLFIRE_NEXT_PASSWORD: password.optional(),
  CALLFIRE_BASE_URL: baseUrl.default(new URL('https://www.callfire.com/api/1.1/rest')),
  CALLFIRE_ALLOW_HTTP: flag('false'),
  CALLFIRE_ACCOUNT: name.optional(),
  UPSTREAM_TIMEOUT_MS: whole(1, 600_000).default(10_000),
  UPSTREAM_MAX_BYTES: whole(1, 268_435_456).default(16_777_216),
  UPSTREAM_MAX_CONCURRENCY: whole(1, 1024).default(32),

  REDIS_URL: redisTarget.optional(),
  REDIS_TIMEOUT_MS: whole(1, 60_000).default(50),
  CACHE_STATES: list('FINISHED').refine((states) => states.every(isEndState), {
    error: `must be end states: ${[...END_STATES].join(', ')}`,
  }),
  CACHE_TTL_SECONDS: whole(1, 31_536_000).default(86_400),
  CACHE_SETTLE_SECONDS: whole(0, 31_536_000).default(300),
  CACHE_STALE_SECONDS: whole(0, 31_536_000).default(86_400),
  CACHE_NEGATIVE_SECONDS: whole(0, 3600).default(5),
  CACHE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._:-]{1,64}$/, { error: 'must be 1 to 64 of A-Z a-z 0-9 . _ : -' })
    .default('callfire-gateway'),
  CACHE_MEMORY_MB: whole(0, 65_536).default(64),
  PASSTHROUGH: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  PASSTHROUGH_WRITES: flag('false'),
});
