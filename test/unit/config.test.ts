import { describe, expect, it } from '@jest/globals';
import { ConfigError, freshnessPolicy, readConfig } from '../../src/config.js';
import type { Environment } from '../../src/secret-files.js';

const REQUIRED = { CALLFIRE_LOGIN: 'joe', CALLFIRE_PASSWORD: 'hunter2-secret' };

const read = (environment: Environment, files: Record<string, string> = {}) =>
  readConfig(environment, (path) => {
    const content = files[path];
    if (content === undefined) throw new Error('ENOENT');
    return content;
  });

function problemsOf(environment: Environment, files?: Record<string, string>): readonly string[] {
  try {
    read(environment, files);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('needs nothing but the credentials', () => {
    const config = read(REQUIRED);
    expect(config).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 8080,
      UPSTREAM_TIMEOUT_MS: 10_000,
      UPSTREAM_MAX_BYTES: 16_777_216,
      UPSTREAM_MAX_CONCURRENCY: 32,
      REDIS_TIMEOUT_MS: 50,
      CACHE_PREFIX: 'callfire-gateway',
      CACHE_MEMORY_MB: 64,
      CORS_ORIGINS: [],
      LOG_LEVEL: 'info',
      WORKERS: 1,
      SHUTDOWN_DELAY_MS: 0,
      SHUTDOWN_GRACE_MS: 10_000,
      PASSTHROUGH: 'on',
      PASSTHROUGH_WRITES: false,
    });
    expect(config.CALLFIRE_BASE_URL.href).toBe('https://www.callfire.com/api/1.1/rest');
    expect(config.REDIS_URL).toBeUndefined();
    expect(freshnessPolicy(config)).toEqual({
      states: new Set(['FINISHED']),
      ttlSeconds: 86_400,
      settleSeconds: 300,
      staleSeconds: 86_400,
      negativeSeconds: 5,
    });
  });

  it('names every bad and every missing variable in one error, without a value', () => {
    const secret = 'p4ss:w0rd';
    const problems = problemsOf({
      CALLFIRE_LOGIN: secret,
      CALLFIRE_BASE_URL: 'http://callfire.example/rest',
      PORT: '70000',
      CACHE_TTL_SECONDS: '1.5',
      CACHE_STATES: 'FINISHED,READY',
      CORS_ORIGINS: 'https://a.example/path',
      PASSTHROUGH: 'yes',
      PASSTHROUGH_WRITES: '1',
      LOG_LEVEL: 'loud',
      REDIS_URL: `mysql://u:${secret}@db`,
    });
    const names = problems.map((problem) => problem.split(' ', 1)[0]).sort();
    expect(names).toEqual([
      'CACHE_STATES',
      'CACHE_TTL_SECONDS',
      'CALLFIRE_BASE_URL',
      'CALLFIRE_LOGIN',
      'CALLFIRE_PASSWORD',
      'CORS_ORIGINS',
      'LOG_LEVEL',
      'PASSTHROUGH',
      'PASSTHROUGH_WRITES',
      'PORT',
      'REDIS_URL',
    ]);
    expect(new ConfigError(problems).message).not.toContain(secret);
  });

  it.each([
    ['HOST', { HOST: '127.0.0.1 8080' }],
    ['OPS_HOST', { OPS_HOST: 'a/b' }],
    ['AUTH_JWT_SCOPE_CLAIM', { AUTH_JWT_SCOPE_CLAIM: 'a b' }],
    ['OPS_PORT', { PORT: '9090', OPS_PORT: '9090' }],
  ])('refuses a %s that cannot be used', (name, variables) => {
    expect(problemsOf({ ...REQUIRED, ...variables })).toEqual([expect.stringMatching(`^${name} must be`)]);
  });

  it.each([
    { WORKERS: '0' },
    { WORKERS: '65' },
    { WORKERS: 'auto' },
    { SHUTDOWN_DELAY_MS: '60001' },
    { SHUTDOWN_DELAY_MS: '1s' },
  ])('refuses %j', (variable) => {
    const [name = ''] = Object.keys(variable);
    expect(problemsOf({ ...REQUIRED, ...variable })).toEqual([
      expect.stringMatching(new RegExp(`^${name} must be a whole number`)),
    ]);
  });

  it('takes an empty variable for unset', () => {
    expect(read({ ...REQUIRED, PORT: '', REDIS_URL: '' }).PORT).toBe(8080);
    expect(problemsOf({ ...REQUIRED, CALLFIRE_PASSWORD: '' })).toEqual(['CALLFIRE_PASSWORD is required']);
  });

  it('reads a secret from a file, without its last line end', () => {
    const config = read(
      { CALLFIRE_LOGIN: 'joe', CALLFIRE_PASSWORD_FILE: '/run/pw', REDIS_URL_FILE: '/run/redis' },
      { '/run/pw': 'from file \n', '/run/redis': 'redis://:pw@cache:6379\r\n' },
    );
    expect(config.CALLFIRE_PASSWORD).toBe('from file ');
    expect(config.REDIS_URL).toMatchObject({ mode: 'single', password: 'pw' });
  });

  it.each([
    [
      'that cannot be read',
      { CALLFIRE_LOGIN: 'joe', CALLFIRE_PASSWORD_FILE: '/none' },
      /^CALLFIRE_PASSWORD_FILE/,
    ],
    ['that is empty', { CALLFIRE_LOGIN: 'joe', CALLFIRE_PASSWORD_FILE: '/empty' }, /^CALLFIRE_PASSWORD_FILE/],
    ['beside the value itself', { ...REQUIRED, CALLFIRE_PASSWORD_FILE: '/pw' }, /both set/],
  ])('refuses a file %s, once', (_case, environment, problem) => {
    const problems = problemsOf(environment, { '/empty': '\n', '/pw': 'x' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  it.each(['http://127.0.0.1:9/x', 'http://localhost/x', 'http://[::1]/x', 'https://callfire.example'])(
    'takes %s as the base URL',
    (url) => {
      expect(problemsOf({ ...REQUIRED, CALLFIRE_BASE_URL: url })).toEqual([]);
    },
  );

  it.each([
    'http://callfire.example',
    'ftp://callfire.example',
    'callfire.example',
    'https://joe:pw@callfire.example',
    'https://callfire.example?a=1',
    'http://127.0.0.1.example',
  ])('refuses %s as the base URL', (url) => {
    const problems = problemsOf({ ...REQUIRED, CALLFIRE_BASE_URL: url });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^CALLFIRE_BASE_URL /);
  });

  it.each(['CALLFIRE_LOGIN', 'CALLFIRE_PASSWORD', 'CALLFIRE_NEXT_LOGIN', 'CALLFIRE_NEXT_PASSWORD'])(
    'takes 256 characters of %s and refuses more, also from a file, without the value',
    (variable) => {
      const given = { ...REQUIRED, CALLFIRE_NEXT_LOGIN: 'l', CALLFIRE_NEXT_PASSWORD: 'p' };
      const tooLong = `${variable} must be at most 256 characters`;
      expect(problemsOf({ ...given, [variable]: 'x'.repeat(256) })).toEqual([]);
      expect(problemsOf({ ...given, [variable]: 'x'.repeat(257) })).toContain(tooLong);
      const fromFile = { ...given, [variable]: undefined, [`${variable}_FILE`]: '/long' };
      expect(problemsOf(fromFile, { '/long': 'x'.repeat(257) })).toContain(tooLong);
    },
  );

  it('takes plain http anywhere when told so, and drops a slash at the end', () => {
    const config = read({
      ...REQUIRED,
      CALLFIRE_BASE_URL: 'http://callfire.example/rest/',
      CALLFIRE_ALLOW_HTTP: 'true',
    });
    expect(config.CALLFIRE_BASE_URL.href).toBe('http://callfire.example/rest');
  });

  it.each([
    'redis://cache:6379',
    'rediss://u:p@cache:6380/1',
    'redis://a:1,redis://b:2',
    'redis+sentinel://:pw@a:26379,b:26379/main',
  ])('takes %s as the Redis URL', (url) => {
    expect(problemsOf({ ...REQUIRED, REDIS_URL: url })).toEqual([]);
  });

  it.each(['cache:6379', 'http://cache', 'redis://', 'redis://a,http://b'])(
    'refuses %s as the Redis URL',
    (url) => {
      expect(problemsOf({ ...REQUIRED, REDIS_URL: url })).toHaveLength(1);
    },
  );

  it('needs some memory where memory is the only cache', () => {
    expect(problemsOf({ ...REQUIRED, CACHE_MEMORY_MB: '0' })).toHaveLength(1);
    expect(problemsOf({ ...REQUIRED, CACHE_MEMORY_MB: '0', REDIS_URL: 'redis://cache' })).toEqual([]);
  });
});
