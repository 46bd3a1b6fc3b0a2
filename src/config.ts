import { z } from 'zod';
import { parseRedisUrl } from './cache/redis/redis-url.js';
import type { FreshnessPolicy } from './calls/freshness.js';
import { isEndState } from './calls/states.js';
import { withSecretFiles, type Environment } from './secret-files.js';

/** Everything that operators decide, checked and in the units that the names say. */
export type Config = Readonly<z.infer<typeof schema>>;

/** Lists every wrong or missing variable, a line each; never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(['The environment is not usable:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const whole = (initial: number, min: number, max: number) =>
  z
    .string()
    .default(String(initial))
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);

const flag = (initial: 'true' | 'false') =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default(initial)
    .transform((text) => text === 'true');

const list = (initial: string) =>
  z
    .string()
    .default(initial)
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    );

const required = z.string({ error: 'is required' });

const baseUrl = z
  .string()
  .default('https://www.callfire.com/api/1.1/rest')
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'must be an http(s) URL',
  })
  .transform((text) => new URL(text.replace(/\/+$/, '')))
  .refine((url) => url.username === '' && url.password === '', { error: 'must not hold credentials' })
  .refine((url) => url.search === '' && url.hash === '', { error: 'must not have a query or a fragment' });

const origin = (text: string) => text === '*' || (URL.canParse(text) && new URL(text).origin === text);
const redisTarget = z.string().transform((text, context) => {
  try {
    return parseRedisUrl(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be read';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
});

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(8080, 0, 65_535),
  WORKERS: whole(1, 1, 64),
  SHUTDOWN_DELAY_MS: whole(0, 0, 60_000),
  SHUTDOWN_GRACE_MS: whole(10_000, 0, 600_000),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be a level of pino',
    })
    .default('info'),
  CORS_ORIGINS: list('').refine((origins) => origins.every(origin), {
    error: 'must be exact origins such as https://app.example.com, separated by commas, or *',
  }),
  CALLFIRE_LOGIN: required.refine((text) => !text.includes(':'), { error: 'must not hold a colon' }),
  CALLFIRE_PASSWORD: required,
  CALLFIRE_BASE_URL: baseUrl,
  CALLFIRE_ALLOW_HTTP: flag('false'),
  CALLFIRE_ACCOUNT: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, { error: 'must be 1 to 64 of A-Z a-z 0-9 . _ -' })
    .optional(),
  UPSTREAM_TIMEOUT_MS: whole(10_000, 1, 600_000),
  UPSTREAM_MAX_BYTES: whole(16_777_216, 1, 268_435_456),
  UPSTREAM_MAX_CONCURRENCY: whole(32, 1, 1024),
  REDIS_URL: redisTarget.optional(),
  REDIS_TIMEOUT_MS: whole(50, 1, 60_000),
  CACHE_STATES: list('FINISHED').refine((states) => states.every(isEndState), {
    error: 'names a state that is not an end state',
  }),
  CACHE_TTL_SECONDS: whole(86_400, 1, 31_536_000),
  CACHE_SETTLE_SECONDS: whole(300, 0, 31_536_000),
  CACHE_STALE_SECONDS: whole(86_400, 0, 31_536_000),
  CACHE_NEGATIVE_SECONDS: whole(5, 0, 3600),
  CACHE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._:-]{1,64}$/, { error: 'must be 1 to 64 of A-Z a-z 0-9 . _ : -' })
    .default('callfire-gateway'),
  CACHE_MEMORY_MB: whole(64, 0, 65_536),
  PASSTHROUGH: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  PASSTHROUGH_WRITES: flag('false'),
});

/** Reads the environment in two steps: secrets from their files, then every variable against the schema. */
export function readConfig(environment: Environment, readFile: (path: string) => string): Config {
  const { values, problems } = withSecretFiles(environment, readFile);
  const parsed = schema.safeParse(values);
  if (!parsed.success) {
    // A secret whose file is at fault has been reported already.
    const reported = (name: string) => problems.some((problem) => problem.startsWith(`${name}_FILE`));
    for (const { path, message } of parsed.error.issues) {
      const name = path.join('.');
      if (!reported(name)) problems.push(`${name} ${message}`);
    }
  }
  problems.push(...contradictions(values));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return parsed.data;
}

/** What is wrong only beside another variable; looked for in the raw values, so that one error names everything. */
function contradictions(values: Environment): string[] {
  const problems: string[] = [];
  const url = values['CALLFIRE_BASE_URL'] ?? '';
  const plain =
    URL.canParse(url) && new URL(url).protocol === 'http:' && !LOOPBACK.test(new URL(url).hostname);
  if (plain && values['CALLFIRE_ALLOW_HTTP'] !== 'true') {
    problems.push(
      'CALLFIRE_BASE_URL must be https, as credentials travel on it (or set CALLFIRE_ALLOW_HTTP=true)',
    );
  }
  if (values['REDIS_URL'] === undefined && /^0+$/.test(values['CACHE_MEMORY_MB'] ?? '')) {
    problems.push('CACHE_MEMORY_MB must be at least 1 without REDIS_URL, as memory is then the only cache');
  }
  return problems;
}

/** How long answers are kept, out of the whole. */
export function freshnessPolicy(config: Config): FreshnessPolicy {
  return {
    states: new Set(config.CACHE_STATES),
    ttlSeconds: config.CACHE_TTL_SECONDS,
    settleSeconds: config.CACHE_SETTLE_SECONDS,
    staleSeconds: config.CACHE_STALE_SECONDS,
    negativeSeconds: config.CACHE_NEGATIVE_SECONDS,
  };
}
