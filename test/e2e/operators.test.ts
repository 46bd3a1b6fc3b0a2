import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { readConfig } from '../../src/config.js';
import type { Overrides } from '../../src/gateway.js';
import { get, LOGIN, PASSWORD, startGateway, type TestGateway } from '../support/gateway.js';
import { metric, operatorsUrl, urlIn } from '../support/operators.js';
import { environmentFor, Program, serve, startSimulator, type Environment } from '../support/process.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const CALL = '77';
const FINISHED = { state: 'FINISHED', modified: '2026-01-01T10:00:00Z', labels: ['first'] };

const gateways: TestGateway[] = [];
const servers: RedisServer[] = [];

afterEach(async () => {
  for (const gateway of gateways.splice(0).reverse()) await gateway.stop();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

interface Started extends TestGateway {
  readonly ops: string;
}

async function start(environment: Environment = {}, overrides: Overrides = {}): Promise<Started> {
  const gateway = await startGateway({
    environment: { OPS_PORT: '0', CALLFIRE_ACCOUNT: 'main', ...environment },
    overrides,
  });
  gateways.push(gateway);
  gateway.simulator.putCall(CALL, FINISHED);
  return { ...gateway, ops: operatorsUrl(gateway) };
}

async function startRedis(): Promise<RedisServer> {
  const server = await startRedisServer();
  servers.push(server);
  return server;
}

const redisUp = ({ url }: TestGateway) =>
  until(async () => (await get(`${url}/readyz`)).text.includes('"redis":"up"'));

const purge = (url: string, headers = {}) => get(url, headers, { method: 'DELETE' });
const cacheStatus = async (url: string) => String((await get(url)).headers['cache-status']);
const auditLines = ({ logLines }: TestGateway) =>
  logLines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ audit }) => audit === 'purge');

describe("the operators' listener", () => {
  it('is not reachable through the public port', async () => {
    const { url, ops } = await start();
    const paths = ['/metrics', '/config', '/cache/calls/77', '/cache/calls', '/debug/lookup/77'];
    for (const path of paths) {
      expect((await get(`${url}${path}`)).json).toMatchObject({ code: 'route-not-found' });
      expect((await purge(`${url}${path}`)).status).toBe(404);
    }
    expect((await get(`${ops}/calls/77`)).json).toMatchObject({ status: 404, code: 'route-not-found' });
  });

  it.each([
    ['/metrics', 'POST', 'GET, HEAD'],
    ['/healthz', 'DELETE', 'GET, HEAD'],
    ['/readyz', 'PUT', 'GET, HEAD'],
    ['/config', 'POST', 'GET, HEAD'],
    ['/debug/lookup/77', 'DELETE', 'GET, HEAD'],
    ['/cache/calls/77', 'PUT', 'GET, HEAD, DELETE'],
    ['/cache/calls', 'GET', 'DELETE'],
  ])('answers %s to the methods it has, and says so to %s', async (path, method, allow) => {
    const { ops } = await start();
    const { status, headers, json } = await get(`${ops}${path}`, {}, { method });
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow });
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json).toMatchObject({ code: 'method-not-allowed', requestId: headers['x-request-id'] });
  });

  it.each([
    ['a name that a page has resolve to this address', 'GET', { Host: 'rebind.example:9090' }, 403],
    ['a host that is none', 'GET', { Host: '127.0.0.1.evil@x' }, 403],
    ['localhost', 'GET', { Host: 'LocalHost:9090' }, 200],
    ['another address', 'GET', { Host: '[::1]:9090' }, 200],
    ['a page that reads', 'GET', { Origin: 'https://evil.example' }, 200],
    ['a page that purges', 'DELETE', { Origin: 'https://evil.example' }, 403],
    ['a page without a name that purges', 'DELETE', { Origin: 'null' }, 403],
  ])('takes a request for what it is: %s', async (_case, method, headers, status) => {
    const { url, ops } = await start();
    await get(`${url}/calls/${CALL}`);
    const answer = await get(`${ops}/cache/calls/${CALL}`, headers, { method });
    expect(answer.status).toBe(status);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(await cacheStatus(`${url}/calls/${CALL}`)).toContain('; hit');
  });

  it.each([
    ['/metrics', 200],
    ['/healthz', 200],
    ['/readyz', 200],
    ['/config', 403],
    ['/metrics/x', 403],
  ])('answers %s by any name, as scrapers ask: %i', async (path, status) => {
    const { ops } = await start();
    expect((await get(`${ops}${path}`, { Host: 'gateway:9090' })).status).toBe(status);
  });

  it('leaves an audit line of what it refused', async () => {
    const { ops, logLines } = await start();
    await purge(`${ops}/cache/calls`, { Origin: 'https://evil.example' });
    const line = logLines.find((each) => each.includes('"audit":"operators"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ outcome: 'forbidden', method: 'DELETE', address: '127.0.0.1' });
  });

  it('takes the name in OPS_HOST', async () => {
    const { ops } = await start({ OPS_HOST: 'localhost' });
    expect((await get(`${ops}/healthz`, { Host: 'localhost' })).status).toBe(200);
  });

  it.each([
    ['/cache/calls/007', 400, 'invalid-call-id'],
    ['/debug/lookup/x', 400, 'invalid-call-id'],
    ['/cache/calls/77?account=nobody', 404, 'account-not-found'],
    ['/debug/lookup/77?account=nobody', 404, 'account-not-found'],
    ['/cache/calls/77?accounts=main', 400, 'invalid-parameter'],
    ['/cache/calls/77?account=main&account=main', 400, 'invalid-parameter'],
    ['/cache/calls/78', 404, 'nothing-kept'],
    ['/nothing', 404, 'route-not-found'],
  ])('answers %s with a problem', async (path, status, code) => {
    const { ops } = await start();
    const answer = await get(`${ops}${path}`);
    expect(answer.json).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
  });
});

describe('OPS_PORT', () => {
  async function taken(): Promise<{ port: number; free: () => void }> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, free: () => void server.close() };
  }

  it.each([['1'], ['2']])('fails the start where it is in use, with WORKERS=%s', async (WORKERS) => {
    const { port, free } = await taken();
    const environment = { ...environmentFor(await startSimulator()), OPS_PORT: String(port), WORKERS };
    const program = new Program('main.js', { environment });
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toBe(
      `callfire-gateway cannot listen on 127.0.0.1:${port} (OPS_HOST and OPS_PORT): the port is in use\n`,
    );
    free();
  });

  it('is done without where nobody asked for it and the usual one is in use', async () => {
    const other = createServer().on('error', () => undefined);
    other.listen(9090, '127.0.0.1');
    const environment: Record<string, string> = { ...environmentFor(await startSimulator()) };
    delete environment['OPS_PORT'];
    const program = new Program('main.js', { environment });
    await program.output(/"msg":"listening"/);
    const warnings = program.logLines.filter(({ level }) => level === 40);
    expect(warnings).toEqual([
      expect.objectContaining({ operators: '127.0.0.1:9090', msg: expect.stringContaining('OPS_PORT') }),
    ]);
    program.signal('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    other.close();
  });

  it('is open before the public port and while the gateway stops', async () => {
    const environment = { OPS_PORT: '0', SHUTDOWN_DELAY_MS: '1000' };
    const { program, url } = await serve({ environment });
    const messages = program.logLines.map(({ msg }) => msg);
    expect(messages.indexOf('operators may ask')).toBeLessThan(messages.indexOf('listening'));
    const ops = urlIn(program.logLines);
    program.signal('SIGTERM');
    await until(async () => (await get(`${ops}/readyz`)).status === 503);
    expect((await get(`${ops}/readyz`)).json).toMatchObject({ status: 'stopping' });
    expect((await get(`${url}/readyz`)).status).toBe(503);
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });
});

describe('/readyz for operators', () => {
  it('tells of each account and of the last reload', async () => {
    const { ops, simulator, url, gateway } = await start();
    simulator.setFault('*', { status: 500 });
    for (let id = 1; id <= 20; id += 1) await get(`${url}/calls/${9000 + id}`);
    gateway.reload();
    const { status, json } = await get(`${ops}/readyz`);
    expect(status).toBe(200);
    expect(json).toEqual({
      status: 'degraded',
      redis: 'not-configured',
      upstream: 'failing',
      accounts: [
        { name: 'main', breaker: 'open', queue: { underWay: 0, waiting: 0, places: 32, mayWait: 1024 } },
      ],
      reload: { outcome: 'done', cause: 'SIGHUP', at: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
  });
});

describe('/config', () => {
  it('shows what is in force, and no secret', async () => {
    const redis = await startRedis();
    const { ops } = await start({
      REDIS_URL: redis.url.replace('//', '//someone:redis-secret@'),
      CALLFIRE_NEXT_PASSWORD: 'next-secret',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=otel-secret',
      CACHE_TTL_SECONDS: '1234',
    });
    const { json, text } = await get(`${ops}/config`);
    expect(json).toMatchObject({
      open: true,
      variables: {
        CACHE_TTL_SECONDS: 1234,
        AUTH: null,
        CALLFIRE_PASSWORD: '***',
        CALLFIRE_NEXT_LOGIN: null,
        OTEL_EXPORTER_OTLP_HEADERS: '***',
        REDIS_URL: { mode: 'single', username: '***', password: '***' },
      },
      accounts: [{ name: 'main', current: '***', next: '***', maxConcurrency: 32 }],
      consumers: null,
    });
    for (const secret of [LOGIN, PASSWORD, 'redis-secret', 'someone', 'next-secret', 'otel-secret'])
      expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
  });
});

describe('/config after a reload', () => {
  it('shows what it has put in force, and what stays as it was at the start', async () => {
    const credentials = { CALLFIRE_LOGIN: LOGIN, CALLFIRE_PASSWORD: PASSWORD };
    const environment = { ...credentials, CALLFIRE_ACCOUNT: 'renamed', REDIS_URL_FILE: 'redis' };
    const readAgain = () => readConfig(environment, () => 'redis://elsewhere.example');
    const { ops, gateway } = await start({}, { readConfig: readAgain });
    expect((await get(`${ops}/config`)).json).toMatchObject({ accounts: [{ name: 'main' }] });
    gateway.reload();
    expect((await get(`${ops}/config`)).json).toMatchObject({
      accounts: [{ name: 'renamed' }],
      variables: { REDIS_URL: null },
    });
  });
});

describe('/cache/calls/{id}', () => {
  it('shows where a call is kept and for how long, and nothing of what it holds', async () => {
    const redis = await startRedis();
    const gateway = await start({ REDIS_URL: redis.url, CACHE_STALE_SECONDS: '60' });
    await redisUp(gateway);
    const { etag } = (await get(`${gateway.url}/calls/${CALL}`)).headers;
    await until(async () => (await cacheStatus(`${gateway.url}/calls/${CALL}`)).includes('; hit'));

    const { json, text } = await get(`${gateway.ops}/cache/calls/${CALL}?account=main`);

    const kept = json as Record<string, string>;
    expect(kept).toMatchObject({
      ...{ account: 'main', id: CALL, inRedis: true, state: 'FINISHED', etag },
      modified: '2026-01-01T10:00:00.000Z',
    });
    const ms = (name: string) => Date.parse(kept[name] ?? '');
    expect(ms('usableUntil') - ms('freshUntil')).toBe(60_000);
    expect(ms('freshUntil') - ms('fetchedAt')).toBe(86_400_000);
    expect(text).not.toContain('first');
  });

  it('is purged at once for every gateway, with what readers had seen, and says so in an audit line', async () => {
    const redis = await startRedis();
    const one = await start({ REDIS_URL: redis.url });
    const sameCallFire = { CALLFIRE_BASE_URL: one.simulator.baseUrl };
    const other = await start({ REDIS_URL: redis.url, ...sameCallFire });
    for (const gateway of [one, other]) {
      await redisUp(gateway);
      await until(async () => {
        await get(`${gateway.url}/calls/${CALL}`);
        const { json } = await get(`${gateway.ops}/cache/calls/${CALL}`);
        return (json as { inMemory: boolean }).inMemory;
      });
    }
    // Older than what readers had: without the purge nobody would be given it.
    one.simulator.putCall(CALL, { ...FINISHED, modified: '2025-12-31T10:00:00Z', labels: ['second'] });

    const { status, json } = await purge(`${one.ops}/cache/calls/${CALL}?account=main`);

    expect({ status, json }).toEqual({ status: 200, json: { account: 'main', id: CALL, removed: 1 } });
    await until(async () => (await get(`${other.ops}/cache/calls/${CALL}`)).status === 404, 1_000);
    const { text, headers } = await get(`${one.url}/calls/${CALL}`);
    expect(text).toContain('"labels":["second"]');
    expect(headers['cache-status']).toContain('fwd=uri-miss');
    expect(auditLines(one)).toEqual([
      expect.objectContaining({
        ...{ audit: 'purge', account: 'main', callId: CALL, outcome: 'done', by: 'operator' },
        address: '127.0.0.1',
      }),
    ]);
  });

  it('forgets a remembered 404', async () => {
    const { url, ops, simulator } = await start({ CACHE_NEGATIVE_SECONDS: '60' });
    expect((await get(`${url}/calls/78`)).status).toBe(404);
    simulator.putCall('78', FINISHED);
    expect((await get(`${url}/calls/78`)).status).toBe(404);
    expect((await purge(`${ops}/cache/calls/78`)).json).toEqual({ account: 'main', id: '78', removed: 0 });
    expect((await get(`${url}/calls/78`)).status).toBe(200);
  });

  it.each(['/cache/calls/77', '/cache/calls'])(
    'says what was not done while Redis is away: %s',
    async (path) => {
      const redis = await startRedis();
      const gateway = await start({ REDIS_URL: redis.url });
      await redisUp(gateway);
      await get(`${gateway.url}/calls/${CALL}`);
      await redis.kill();
      const { status, json } = await purge(`${gateway.ops}${path}`);
      expect(status).toBe(503);
      expect(json).toMatchObject({
        code: 'operation-incomplete',
        detail: expect.stringMatching(/^Removed from memory, and 0 .* Redis did not answer/),
      });
      expect(auditLines(gateway)).toMatchObject([{ outcome: 'operation-incomplete' }]);
      expect((await get(`${gateway.ops}/cache/calls/${CALL}`)).json).toMatchObject({
        status: 503,
        detail: expect.stringContaining('cannot be seen'),
      });
    },
  );
});

describe('DELETE /cache/calls', () => {
  it("purges one account's calls and leaves what else is in Redis", async () => {
    const redis = await startRedis();
    const gateway = await start({ REDIS_URL: redis.url });
    await redisUp(gateway);
    const ids = Array.from({ length: 30 }, (_, index) => String(5000 + index));
    for (const id of ids) {
      gateway.simulator.putCall(id, FINISHED);
      await get(`${gateway.url}/calls/${id}`);
    }
    const inspect = new Redis(redis.url);
    await inspect.set('callfire-gateway:v1:other:5000', 'x');

    const { json } = await purge(`${gateway.ops}/cache/calls?account=main`);

    expect(json).toEqual({ account: 'main', removed: 30 });
    expect(await inspect.keys('*')).toEqual(['callfire-gateway:v1:other:5000']);
    inspect.disconnect();
    expect(await cacheStatus(`${gateway.url}/calls/5000`)).toContain('fwd=uri-miss');
    expect(auditLines(gateway)).toMatchObject([{ account: 'main', outcome: 'done', removed: 30 }]);
  });
});

describe('/debug/lookup/{id}', () => {
  it('explains what a lookup would do, and does nothing', async () => {
    let now = Date.now();
    const { url, ops, simulator } = await start({ CACHE_STALE_SECONDS: '100' }, { now: () => now });
    const explain = async (id = CALL) => (await get(`${ops}/debug/lookup/${id}`)).json;

    expect(await explain()).toMatchObject({
      ...{ account: 'main', id: CALL, verdict: 'fetch', kept: null, fetching: false },
      steps: ['Would ask CallFire, because no usable entry is kept.'],
      upstream: { breaker: 'closed', queue: { underWay: 0, waiting: 0, places: 32 } },
    });
    expect(simulator.requests).toHaveLength(0);
    await get(`${url}/calls/${CALL}`);
    expect(await explain()).toMatchObject({
      verdict: 'hit-memory',
      until: new Date(now + 86_400_000).toISOString(),
      steps: ["Would be answered from this process's memory: fresh for 86400 s more."],
    });
    await get(`${url}/calls/78`);
    expect(await explain('78')).toMatchObject({ verdict: 'hit-missing', until: expect.any(String) });
    now += 86_410_000;
    expect(await explain()).toMatchObject({
      verdict: 'fetch',
      steps: [
        "The entry in this process's memory is stale since 10 s.",
        'Would ask CallFire, because the entry is stale.',
        'If CallFire failed, the stale entry would stand in for 90 s more.',
      ],
    });
    simulator.setFault(CALL, { held: true });
    const asked = get(`${url}/calls/${CALL}`);
    await until(() => simulator.requestsFor(CALL) === 2);
    expect(await explain()).toMatchObject({ verdict: 'join', fetching: true });
    simulator.clearFaults();
    await asked;
  });
});

describe('/metrics', () => {
  it('defines every metric in words, and counts what happens', async () => {
    const { url, ops, simulator } = await start();
    const metrics = async () => (await get(`${ops}/metrics`)).text;
    await get(`${url}/calls/${CALL}`);
    await get(`${url}/calls/${CALL}`);
    await get(`${url}/calls/${CALL}`, { 'Cache-Control': 'no-cache' });
    await get(`${url}/calls/78`);
    simulator.setFault('79', { status: 503 });
    await get(`${url}/calls/79`);
    await get(`${url}/calls/80`, {}, { method: 'PROPFIND' });
    await get(`${url}/nothing/${'x'.repeat(50)}`);

    const text = await metrics();

    const requests = (labels: Record<string, string>) =>
      metric(text, 'callfire_gateway_requests_total', labels);
    const lookups = { route: '/calls/:id', method: 'GET', consumer: 'open', account: 'main' };
    expect(requests({ ...lookups, status: '200' })).toBe(3);
    expect(requests({ ...lookups, status: '404' })).toBe(1);
    expect(requests({ ...lookups, status: '502' }) + requests({ ...lookups, status: '503' })).toBe(1);
    expect(requests({ method: 'other', status: '405' })).toBe(1);
    expect(requests({ route: '-', status: '404' })).toBe(1);
    const outcomes = (outcome: string) =>
      metric(text, 'callfire_gateway_cache_outcomes_total', { outcome, account: 'main' });
    expect([outcomes('hit'), outcomes('miss'), outcomes('request')]).toEqual([1, 3, 1]);
    const attempts = (outcome: string) =>
      metric(text, 'callfire_gateway_upstream_attempts_total', { outcome, account: 'main' });
    expect([attempts('200'), attempts('404'), attempts('503')]).toEqual([2, 1, 3]);
    const durations = (name: string, labels: Record<string, string>) =>
      metric(text, `callfire_gateway_${name}_duration_seconds_count`, labels);
    expect(durations('request', { route: '/calls/:id' })).toBe(6);
    expect(durations('upstream', { account: 'main' })).toBe(6);
    const bucket = 'callfire_gateway_request_duration_seconds_bucket';
    expect(metric(text, bucket, { le: '+Inf', route: '/calls/:id' })).toBe(6);
    expect(metric(text, 'callfire_gateway_problems_total', { code: 'method-not-allowed' })).toBe(1);
    expect(text).not.toContain('xxxx');

    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const helped = [...text.matchAll(/^# HELP (\S+) (.+)$/gm)];
    expect(helped.map(([, name]) => name)).toEqual(names);
    for (const [, name = '', help = ''] of helped)
      if (name.startsWith('callfire_')) expect(help.length).toBeGreaterThan(40);
    for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#')))
      expect(line).toMatch(
        /^[a-z_0-9]+(\{[a-z_A-Z]+="[^"]*"(,[a-z_A-Z]+="[^"]*")*\})? (?:-?[0-9.e+-]+|Nan)$/,
      );
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(text).not.toContain('\ncallfire_gateway_redis_up ');
  });

  it('shows breaker, queue, Redis and reloads as they are', async () => {
    const redis = await startRedis();
    const gateway = await start({ REDIS_URL: redis.url, UPSTREAM_MAX_CONCURRENCY: '2' });
    await redisUp(gateway);
    const { url, ops, simulator } = gateway;
    const value = async (name: string, labels = {}) =>
      metric((await get(`${ops}/metrics`)).text, `callfire_gateway_${name}`, labels);
    simulator.setFault('*', { held: true });
    const asked = Promise.all([1, 2, 3].map((id) => get(`${url}/calls/${9100 + id}`)));
    await until(async () => (await value('fetches_waiting', { account: 'main' })) === 1);
    expect(await value('fetches_under_way', { account: 'main' })).toBe(2);
    simulator.clearFaults();
    await asked;
    simulator.setFault('*', { status: 500 });
    expect(await value('breaker_state', { account: 'main' })).toBe(0);
    for (let id = 1; id <= 25; id += 1) await get(`${url}/calls/${9200 + id}`);
    expect(await value('breaker_state', { account: 'main' })).toBe(1);
    gateway.gateway.reload();
    expect(await value('reloads_total', { outcome: 'done' })).toBe(1);
    expect(await value('redis_up')).toBe(1);
    await redis.kill();
    await until(async () => (await get(`${url}/readyz`)).text.includes('"redis":"down"'));
    expect((await get(`${ops}/metrics`)).text).toContain('\ncallfire_gateway_redis_up 0\n');
  });
});

describe("the operators' listener of several workers", () => {
  const twoWorkers = async (environment: Environment = {}) => {
    const serving = await serve({ environment: { WORKERS: '2', OPS_PORT: '0', ...environment } });
    serving.simulator.putCall(CALL, FINISHED);
    return { ...serving, ops: urlIn(serving.program.logLines) };
  };
  const requests = async (ops: string) =>
    metric((await get(`${ops}/metrics`)).text, 'callfire_gateway_requests_total', { route: '/calls/:id' });

  it('adds up what the workers count, also of one that has died', async () => {
    const { program, url, ops } = await twoWorkers();
    expect(program.logLines.filter(({ msg }) => msg === 'operators may ask')).toHaveLength(1);
    for (let asked = 0; asked < 6; asked += 1) await get(`${url}/calls/${CALL}`);
    expect(await requests(ops)).toBe(6);
    const [first = 0] = program.children;
    process.kill(first, 'SIGKILL');
    await until(() => program.children.length === 2 && !program.children.includes(first));
    await until(async () => (await get(`${ops}/readyz`)).text.includes('"workers":{"up":2,"of":2}'));
    expect(await requests(ops)).toBe(6);
    await get(`${url}/calls/${CALL}`);
    expect(await requests(ops)).toBe(7);
    const { text } = await get(`${ops}/metrics`);
    expect(metric(text, 'callfire_gateway_breaker_state', { account: 'default' })).toBe(0);
    expect([...text.matchAll(/^# HELP callfire_/gm)].length).toBeGreaterThan(10);
  });

  it('purges what every worker holds, and explains, inspects and shows the configuration', async () => {
    const { url, ops, simulator } = await twoWorkers();
    for (let asked = 0; asked < 4; asked += 1) await get(`${url}/calls/${CALL}`);
    expect(simulator.requestsFor(CALL)).toBe(2);
    expect((await get(`${ops}/cache/calls/${CALL}`)).json).toMatchObject({ id: CALL, inMemory: true });
    expect((await get(`${ops}/debug/lookup/${CALL}`)).json).toMatchObject({ verdict: 'hit-memory' });
    expect((await get(`${ops}/config`)).json).toMatchObject({ variables: { WORKERS: 2 } });
    expect((await get(`${ops}/readyz`)).json).toMatchObject({
      accounts: [{ name: 'default', breaker: 'closed', queue: { places: 64 } }],
    });
    expect((await get(`${ops}/cache/calls/${CALL}?account=x`)).json).toMatchObject({
      code: 'account-not-found',
    });

    expect((await purge(`${ops}/cache/calls/${CALL}`)).json).toMatchObject({ removed: 2 });

    expect((await get(`${ops}/cache/calls/${CALL}`)).status).toBe(404);
    for (let asked = 0; asked < 2; asked += 1) await get(`${url}/calls/${CALL}`);
    expect(simulator.requestsFor(CALL)).toBe(4);
  });
});
