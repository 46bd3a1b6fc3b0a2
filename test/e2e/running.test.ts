import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { LOGIN, PASSWORD } from '../support/gateway.js';
import { environmentFor, Program, serve, startSimulator } from '../support/process.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const EVERY_VARIABLE_WRONG = {
  PORT: '70000',
  WORKERS: '0',
  SHUTDOWN_DELAY_MS: '1s',
  SHUTDOWN_GRACE_MS: '10s',
  LOG_LEVEL: 'loud',
  CORS_ORIGINS: 'https://app.example.com/path',
  CALLFIRE_LOGIN: 'hush-login:with-colon',
  CALLFIRE_BASE_URL: 'http://hush-user:hush-word@callfire.example/api',
  CALLFIRE_ALLOW_HTTP: 'maybe',
  CALLFIRE_ACCOUNT: 'two words',
  UPSTREAM_TIMEOUT_MS: '0',
  UPSTREAM_MAX_BYTES: '-1',
  UPSTREAM_MAX_CONCURRENCY: 'many',
  REDIS_URL: 'https://:hush-redis@redis.example',
  REDIS_TIMEOUT_MS: '1.5',
  CACHE_STATES: 'READY',
  CACHE_TTL_SECONDS: '0',
  CACHE_SETTLE_SECONDS: 'x',
  CACHE_STALE_SECONDS: '1e3',
  CACHE_NEGATIVE_SECONDS: '3601',
  CACHE_PREFIX: 'a b',
  CACHE_MEMORY_MB: '64MB',
  PASSTHROUGH: 'true',
  PASSTHROUGH_WRITES: 'on',
};

describe('an environment that is not usable', () => {
  it('is refused in one error that names every variable, with exit code 2', async () => {
    const program = new Program('main.js', { environment: EVERY_VARIABLE_WRONG });

    expect(await program.exit).toEqual({ code: 2, signal: null });
    const [heading, ...problems] = program.stderr.trimEnd().split('\n');
    const named = problems.map((problem) => /^ {2}([A-Z_]+) /.exec(problem)?.[1]);
    expect(heading).toBe('The environment is not usable:');
    expect([...new Set(named)].sort()).toEqual(
      [...Object.keys(EVERY_VARIABLE_WRONG), 'CALLFIRE_PASSWORD'].sort(),
    );
    expect(program.stderr).not.toContain('hush');
    expect(program.stdout).toBe('');
  });

  it('is refused where secret files are missing, empty or named beside the secret', async () => {
    const environment = {
      CALLFIRE_LOGIN: 'hush-login',
      CALLFIRE_LOGIN_FILE: '/nowhere/hush-login',
      CALLFIRE_PASSWORD_FILE: '/dev/null',
      REDIS_URL_FILE: '/nowhere/hush-redis',
    };
    const program = new Program('main.js', { environment });

    expect(await program.exit).toEqual({ code: 2, signal: null });
    for (const name of ['CALLFIRE_LOGIN', 'CALLFIRE_LOGIN_FILE', 'CALLFIRE_PASSWORD_FILE', 'REDIS_URL_FILE'])
      expect(program.stderr).toMatch(new RegExp(`^ {2}.*\\b${name}\\b`, 'm'));
    expect(program.stderr).not.toContain('hush');
  });

  it.each(['redis://:hush@redis.example:99999', 'hush'])('is refused for the Redis URL %s', async (url) => {
    const environment = { CALLFIRE_LOGIN: LOGIN, CALLFIRE_PASSWORD: PASSWORD, REDIS_URL: url };
    const program = new Program('main.js', { environment });

    expect(await program.exit).toEqual({ code: 2, signal: null });
    expect(program.stderr).toMatch(/^The environment is not usable:\n {2}REDIS_URL .+\n$/);
    expect(program.stderr).not.toContain('hush');
  });
});

describe('an address that cannot be had', () => {
  it('is said in one line where the port is in use, with exit code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const environment = { ...environmentFor(await startSimulator()), PORT: String(port) };
    const program = new Program('main.js', { environment });

    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toBe(`callfire-gateway cannot listen on 127.0.0.1:${port}: the port is in use\n`);
    other.close();
  });

  it('is said in one line where the host is not of this machine', async () => {
    const environment = { ...environmentFor(await startSimulator()), HOST: '203.0.113.1', AUTH: 'none' };
    const program = new Program('main.js', { environment });

    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toMatch(/^callfire-gateway cannot listen on 203\.0\.113\.1:0: .+\n$/);
  });
});

describe('a gateway that runs', () => {
  it('starts from any working directory, without Redis, and says what it caches in', async () => {
    const { url, program } = await serve({ cwd: tmpdir() });

    expect((await fetch(`${url}/calls/224205636001`)).status).toBe(200);
    expect(await bodyOf(`${url}/readyz`)).toEqual({
      status: 'ready',
      redis: 'not-configured',
      upstream: 'ok',
    });
    expect(program.logLines.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/^No Redis: /));
  });

  it.each(['/healthz', '/readyz'])('answers GET and HEAD %s, and nothing else', async (path) => {
    const { url } = await serve();

    const [get, head, post] = await Promise.all(
      ['GET', 'HEAD', 'POST'].map((method) => fetch(url + path, { method })),
    );

    expect(get?.status).toBe(200);
    expect(get?.headers.get('Cache-Control')).toBe('no-store');
    expect(head?.status).toBe(200);
    expect(head?.headers.get('Content-Length')).toBe(get?.headers.get('Content-Length'));
    expect(await head?.text()).toBe('');
    expect(post?.status).toBe(405);
    expect(post?.headers.get('Allow')).toBe('GET, HEAD');
    expect(await post?.json()).toMatchObject({ code: 'method-not-allowed', status: 405 });
  });

  it('lives on while CallFire cannot be reached', async () => {
    const { url } = await serve({ environment: { CALLFIRE_BASE_URL: 'http://127.0.0.1:1/api' } });

    expect(await bodyOf(`${url}/healthz`)).toEqual({ status: 'ok' });
    expect(await bodyOf(`${url}/calls/1`)).toMatchObject({ code: 'upstream-unreachable' });
  });
});

describe('secrets in files', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callfire-secrets-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('are read for each secret, without the line end that editors add', async () => {
    const redis = await startRedisServer(['--requirepass', 'redis-word']);
    redisServers.push(redis);
    const fileOf = async (name: string, value: string): Promise<string> => {
      const path = join(folder, name);
      await writeFile(path, `${value}\n`);
      return path;
    };
    const { url } = await serve({
      environment: {
        CALLFIRE_LOGIN: '',
        CALLFIRE_PASSWORD: '',
        CALLFIRE_LOGIN_FILE: await fileOf('login', LOGIN),
        CALLFIRE_PASSWORD_FILE: await fileOf('password', PASSWORD),
        REDIS_URL_FILE: await fileOf('redis', redis.url.replace('://', '://:redis-word@')),
      },
    });

    await until(async () => (await readiness(url)).redis === 'up');
    expect((await fetch(`${url}/calls/224205636001`)).status).toBe(200);
  });
});

describe('a gateway with Redis', () => {
  it('is ready, degraded while Redis is gone, and ready again by itself', async () => {
    const redis = await startRedisServer();
    redisServers.push(redis);
    const { url } = await serve({ environment: { REDIS_URL: redis.url } });

    await until(async () => (await readiness(url)).redis === 'up');
    expect(await readiness(url)).toEqual({ http: 200, status: 'ready', redis: 'up', upstream: 'ok' });

    await redis.kill();
    await until(async () => (await readiness(url)).redis === 'down');
    expect(await readiness(url)).toMatchObject({ http: 200, status: 'degraded', upstream: 'ok' });
    expect((await fetch(`${url}/calls/224205636001`)).status).toBe(200);

    await redis.restart();
    await until(async () => (await readiness(url)).status === 'ready');
  });

  it('starts, answers and stops without waiting for a Redis that is not there', async () => {
    const redis = await startRedisServer();
    await redis.stop();
    const { url, program } = await serve({ environment: { REDIS_URL: redis.url } });

    expect((await fetch(`${url}/calls/224205636001`)).status).toBe(200);
    expect(await readiness(url)).toMatchObject({ http: 200, status: 'degraded', redis: 'down' });
    program.signal('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });
});

const redisServers: RedisServer[] = [];

afterEach(async () => {
  for (const redis of redisServers.splice(0)) await redis.stop();
});

async function bodyOf(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

async function readiness(url: string) {
  const response = await fetch(`${url}/readyz`);
  const body = (await response.json()) as { status: string; redis: string; upstream: string };
  return { http: response.status, ...body };
}
