import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Fault } from '../../src/simulator/simulator.js';
import { arrivalsAt } from '../support/arrivals.js';
import { LOGIN, PASSWORD, startGateway, type TestGateway } from '../support/gateway.js';
import { leaseClaims } from '../support/lease-claims.js';
import { until } from '../support/until.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';

const SAMPLE = '224205636001';
const FINISHED = { state: 'FINISHED', modified: '2026-06-01T12:00:00Z' };
const AGAIN = { 'Cache-Control': 'no-cache' };

let redis: RedisServer;
let inspect: Redis;
const open: TestGateway[] = [];

beforeAll(async () => {
  redis = await startRedisServer();
  inspect = new Redis(redis.url);
});

afterAll(async () => {
  inspect.disconnect();
  await redis.stop();
});

beforeEach(async () => {
  await inspect.flushall();
});

afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.stop();
});

async function gatewayOnRedis(environment: Record<string, string> = {}): Promise<TestGateway> {
  const gateway = await startGateway({ environment: { REDIS_URL: redis.url, ...environment } });
  open.push(gateway);
  return gateway;
}

interface Answer {
  readonly status: number;
  readonly cacheStatus: string;
  readonly text: string;
}

async function ask({ url }: TestGateway, id: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${url}/calls/${id}`, { headers });
  return {
    status: response.status,
    cacheStatus: response.headers.get('Cache-Status') ?? '',
    text: await response.text(),
  };
}

const stateOf = ({ text }: Answer) => (JSON.parse(text) as { state: string }).state;

async function sampleXml(gateway: TestGateway): Promise<string> {
  const url = `${gateway.url}/api/1.1/rest/call/${SAMPLE}`;
  return (await fetch(url)).text();
}

describe('Invariant 1: nothing truncated, malformed, mistyped or not about the requested call is stored or answered as 200', () => {
  const notThatCall: [string, (xml: string) => string][] = [
    ['of another call', (xml) => xml.replace(`id="${SAMPLE}"`, 'id="224205636002"')],
    ['without a state', (xml) => xml.replace('<State>FINISHED</State>', '')],
    ['with two states', (xml) => xml.replace('<State>', '<State>READY</State><State>')],
    ['with a duration that is no number', (xml) => xml.replace('>35<', '>35s<')],
    ['with a time that is none', (xml) => xml.replace('2014-06-16T19:35:14Z', '2014-06-31T19:35:14Z')],
    ['with a boolean that is none', (xml) => xml.replace('>false<', '>no<')],
    ['with a DOCTYPE', (xml) => xml.replace('<r:Resource', '<!DOCTYPE r><r:Resource')],
    ['with an unknown entity', (xml) => xml.replace('>LA<', '>&nbsp;<')],
    ['in another namespace', (xml) => xml.replace('api.callfire.com/data', 'api.callfire.com/atad')],
    ['that is an error page', () => '<html><body>200 OK</body></html>'],
    ['that is empty', () => ''],
  ];

  it.each(notThatCall)('not a document %s', async (_case, spoil) => {
    const gateway = await gatewayOnRedis();
    gateway.simulator.putCall(SAMPLE, spoil(await sampleXml(gateway)));
    const answer = await ask(gateway, SAMPLE);
    expect(answer.status).toBe(502);
    expect(answer.text).toContain('"upstream-invalid-response"');
    expect(await inspect.dbsize()).toBe(0);
  });

  it('not a document that ends anywhere before its end', async () => {
    const gateway = await gatewayOnRedis({ CACHE_STALE_SECONDS: '0' });
    const xml = (await sampleXml(gateway)).trimEnd();
    for (let length = 0; length < xml.length; length += 13) {
      gateway.simulator.putCall(SAMPLE, xml.slice(0, length));
      expect((await ask(gateway, SAMPLE)).status).toBe(502);
    }
    expect(await inspect.dbsize()).toBe(0);
  });

  it.each<[string, Fault]>([
    ['a body that is cut', { cutAfterBytes: 400 }],
    ['a body that is cut and had no length', { cutAfterBytes: 400, chunked: true }],
    ['a compressed body that is cut', { cutAfterBytes: 200, encoding: 'gzip' }],
  ])('not %s', async (_case, fault) => {
    const gateway = await gatewayOnRedis();
    gateway.simulator.setFault(SAMPLE, fault);
    expect((await ask(gateway, SAMPLE)).status).toBe(502);
    expect(await inspect.dbsize()).toBe(0);
  });

  it.each<[string, (value: Buffer) => Buffer]>([
    ['changed', (value) => Buffer.from(value.toString('latin1').replace('LA', 'AM'), 'latin1')],
    ['truncated', (value) => value.subarray(0, -1)],
    ['foreign', () => Buffer.from('{"id":"224205636001","state":"FINISHED"}')],
  ])('not an entry in Redis that is %s', async (_case, spoil) => {
    const first = await gatewayOnRedis();
    const good = await ask(first, SAMPLE);
    const [key = ''] = await inspect.keys('*');
    const value = await inspect.getBuffer(key);
    await inspect.set(key, spoil(value ?? Buffer.alloc(0)));
    const second = await gatewayOnRedis({ CALLFIRE_BASE_URL: first.simulator.baseUrl });
    const answer = await ask(second, SAMPLE);
    expect(answer.cacheStatus).toContain('fwd=uri-miss; fwd-status=200; stored');
    expect(answer.text).toBe(good.text);
    expect(await inspect.getBuffer(key)).not.toEqual(spoil(value ?? Buffer.alloc(0)));
  });
});

describe('Invariant 2: no answer crosses accounts', () => {
  it('between gateways with different logins on one Redis', async () => {
    const ours = await gatewayOnRedis();
    expect((await ask(ours, SAMPLE)).cacheStatus).toContain('stored');
    const { baseUrl } = ours.simulator;
    const theirs = await gatewayOnRedis({ CALLFIRE_LOGIN: 'another', CALLFIRE_BASE_URL: baseUrl });
    expect((await ask(theirs, SAMPLE)).status).toBe(502);
    const again = await gatewayOnRedis({ CALLFIRE_BASE_URL: baseUrl });
    expect((await ask(again, SAMPLE)).cacheStatus).toContain('; hit');
  });

  it('between named accounts', async () => {
    const ours = await gatewayOnRedis({ CALLFIRE_ACCOUNT: 'sales' });
    await ask(ours, SAMPLE);
    const { baseUrl } = ours.simulator;
    const theirs = await gatewayOnRedis({ CALLFIRE_ACCOUNT: 'sales2', CALLFIRE_BASE_URL: baseUrl });
    expect((await ask(theirs, SAMPLE)).cacheStatus).toContain('fwd=uri-miss');
  });
});

describe('Invariant 3: a reader never sees a call go backwards', () => {
  it('from FINISHED to READY, whatever happens to the cache in between', async () => {
    const gateway = await gatewayOnRedis();
    gateway.simulator.putCall('42', FINISHED);
    expect(stateOf(await ask(gateway, '42'))).toBe('FINISHED');
    gateway.simulator.putCall('42', { state: 'READY', modified: '2026-06-01T12:30:00Z' });
    expect(stateOf(await ask(gateway, '42', AGAIN))).toBe('FINISHED');
    await inspect.flushall();
    expect(stateOf(await ask(gateway, '42', AGAIN))).toBe('FINISHED');
    expect(stateOf(await ask(gateway, '42'))).toBe('FINISHED');
  });

  it('from a later modification to an earlier one, in another process too', async () => {
    const first = await gatewayOnRedis();
    first.simulator.putCall('42', { ...FINISHED, finalResult: 'AM' });
    await ask(first, '42');
    first.simulator.putCall('42', { ...FINISHED, modified: '2026-06-01T11:00:00Z', finalResult: 'BUSY' });
    const second = await gatewayOnRedis({ CALLFIRE_BASE_URL: first.simulator.baseUrl });
    for (const headers of [AGAIN, {}]) {
      expect((await ask(second, '42', headers)).text).toContain('"finalResult":"AM"');
    }
  });

  it('while it is in progress', async () => {
    const gateway = await gatewayOnRedis();
    gateway.simulator.putCall('42', { state: 'SELECTED', modified: '2026-06-01T12:00:02Z' });
    await ask(gateway, '42');
    gateway.simulator.putCall('42', { state: 'READY', modified: '2026-06-01T12:00:00Z' });
    expect(stateOf(await ask(gateway, '42'))).toBe('SELECTED');
  });
});

describe('Invariant 4: one upstream fetch per call and moment', () => {
  it.each(['FINISHED', 'READY'])('for a hundred lookups of a %s call at once', async (state) => {
    const gateway = await gatewayOnRedis();
    gateway.simulator.putCall('42', { ...FINISHED, state });
    gateway.simulator.setFault('42', { held: true });
    const arrived = arrivalsAt(gateway.url);
    const asked = Array.from({ length: 100 }, (_, index) => ask(gateway, '42', index % 5 === 0 ? AGAIN : {}));
    await until(() => arrived() === 100 && gateway.simulator.requestsFor('42') > 0);
    gateway.simulator.clearFaults();
    const answers = await Promise.all(asked);
    expect(answers.map(stateOf)).toEqual(Array(100).fill(state));
    expect(gateway.simulator.requestsFor('42')).toBe(1);
    expect(answers.filter(({ cacheStatus }) => cacheStatus.endsWith('; collapsed'))).toHaveLength(99);
  });

  it.each(['FINISHED', 'READY'])('for lookups of a %s call on three gateways', async (state) => {
    const patient = { REDIS_TIMEOUT_MS: '1000' };
    const gateway = await gatewayOnRedis(patient);
    const { simulator } = gateway;
    const others = { ...patient, CALLFIRE_BASE_URL: simulator.baseUrl };
    const gateways = [gateway, await gatewayOnRedis(others), await gatewayOnRedis(others)];
    await until(async () => (await inspect.pubsub('CHANNELS', '*:inbox:*')).length === 3);
    simulator.putCall('42', { ...FINISHED, state });
    simulator.setFault('42', { held: true });
    const arrived = arrivalsAt(...gateways.map(({ url }) => url));
    const asked = [...gateways, ...gateways].map((each) => ask(each, '42'));
    await until(() => arrived() === 6 && simulator.requestsFor('42') > 0);
    await until(async () => (await leaseClaims(inspect)) === 3);
    simulator.clearFaults();
    const answers = await Promise.all(asked);
    expect(answers.map(stateOf)).toEqual(Array(6).fill(state));
    expect(simulator.requestsFor('42')).toBe(1);
  });
});

describe('Invariant 5: an unwell Redis costs a request its time limit once at most, and is taken up again', () => {
  const TIMEOUT_MS = 300;
  const ready = async ({ url }: TestGateway) =>
    ((await (await fetch(`${url}/readyz`)).json()) as { redis: string }).redis === 'up';

  async function lookups(gateway: TestGateway, from: number): Promise<number> {
    const startedAt = performance.now();
    for (let id = from; id < from + 10; id += 1) {
      expect((await ask(gateway, String(id))).status).toBe(200);
    }
    return performance.now() - startedAt;
  }

  it('when it is frozen', async () => {
    const gateway = await gatewayOnRedis({ REDIS_TIMEOUT_MS: String(TIMEOUT_MS) });
    await until(() => ready(gateway));
    redis.freeze();
    try {
      // Twenty commands at 300 ms each would take six seconds.
      expect(await lookups(gateway, 2001)).toBeLessThan(5 * TIMEOUT_MS);
    } finally {
      redis.thaw();
    }
    await until(() => ready(gateway));
    expect((await ask(gateway, '2020')).cacheStatus).toContain('stored');
  });

  it('when it is killed and comes back', async () => {
    const gateway = await gatewayOnRedis({ REDIS_TIMEOUT_MS: String(TIMEOUT_MS) });
    await until(() => ready(gateway));
    await redis.kill();
    expect(await lookups(gateway, 2001)).toBeLessThan(5 * TIMEOUT_MS);
    await redis.restart();
    await until(() => ready(gateway));
    expect((await ask(gateway, '2020')).cacheStatus).toContain('stored');
  });

  it('when it is full', async () => {
    const gateway = await gatewayOnRedis({ REDIS_TIMEOUT_MS: String(TIMEOUT_MS) });
    await ask(gateway, SAMPLE);
    await inspect.config('SET', 'maxmemory', '1');
    try {
      expect((await ask(gateway, '2001')).cacheStatus).toBe('callfire-gateway; fwd=uri-miss; fwd-status=200');
      expect((await ask(gateway, SAMPLE)).cacheStatus).toContain('; hit');
    } finally {
      await inspect.config('SET', 'maxmemory', '0');
    }
    expect((await ask(gateway, '2001')).cacheStatus).toContain('stored');
  });

  it('when it is not there at the start', async () => {
    await redis.kill();
    const gateway = await gatewayOnRedis({ REDIS_TIMEOUT_MS: String(TIMEOUT_MS) });
    expect(await lookups(gateway, 2001)).toBeLessThan(5 * TIMEOUT_MS);
    await redis.restart();
    await until(() => ready(gateway));
    expect((await ask(gateway, '2020')).cacheStatus).toContain('stored');
  });
});

describe('Invariant 6: an upstream failure never evicts a good entry', () => {
  it.each<[string, Fault]>([
    ['a reset', { reset: true }],
    ['a timeout', { stall: 'headers' }],
    ['a cut body', { cutAfterBytes: 10 }],
    ['a malformed body', { malformed: true }],
    ['an error page', { status: 200, body: '<html/>' }],
    ...[400, 401, 403, 404, 410, 429, 500, 503].map((status): [string, Fault] => [
      String(status),
      { status },
    ]),
  ])('not %s', async (_case, fault) => {
    const gateway = await gatewayOnRedis({ UPSTREAM_TIMEOUT_MS: '700' });
    const good = await ask(gateway, SAMPLE);
    gateway.simulator.setFault(SAMPLE, fault);
    expect((await ask(gateway, SAMPLE, AGAIN)).status).toBeGreaterThanOrEqual(400);
    const answer = await ask(gateway, SAMPLE);
    expect(answer.cacheStatus).toContain('; hit');
    expect(answer.text).toBe(good.text);
    expect(await inspect.dbsize()).toBe(1);
  });
});

describe('Invariant 7: no upstream credential leaves', () => {
  const basic = Buffer.from(`${LOGIN}:${PASSWORD}`).toString('base64');
  const spellings = [
    LOGIN,
    PASSWORD,
    basic,
    Buffer.from(PASSWORD).toString('base64'),
    encodeURIComponent(PASSWORD),
    JSON.stringify(PASSWORD).slice(1, -1),
    PASSWORD.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  ];
  const echo = `no ${LOGIN} with ${spellings.join(' and ')} (Authorization: Basic ${basic})`;

  it('in any answer, header or log line, even if CallFire repeats it', async () => {
    const gateway = await gatewayOnRedis({ UPSTREAM_TIMEOUT_MS: '700', UPSTREAM_MAX_BYTES: '20000' });
    const seen: string[] = [];
    const faults: Fault[] = [
      ...[400, 401, 403, 404, 409, 429, 500, 503].map((status): Fault => ({ status, exception: echo })),
      { status: 200, body: echo },
      { status: 200, body: `<${LOGIN}>` },
      { status: 302, headers: { Location: `http://127.0.0.1/?${encodeURIComponent(basic)}` } },
      { reset: true },
      { stall: 'body' },
      { endless: true },
      { headers: { 'X-Echo': basic } },
    ];
    const paths = [
      `/calls/${SAMPLE}`,
      `/api/1.1/rest/call/${SAMPLE}`,
      '/calls/x',
      '/readyz',
      '/nowhere',
      '/api/1.1/rest/../x',
    ];
    for (const fault of faults) {
      gateway.simulator.setFault(SAMPLE, fault);
      for (const path of paths) {
        if (fault.endless === true && path.startsWith('/api')) continue;
        const response = await fetch(gateway.url + path, { headers: AGAIN, redirect: 'manual' });
        seen.push(...[...response.headers].flat());
        // The passthrough hands bodies on as they are; everything else is ours.
        const body = await response.text().catch(() => '');
        if (!path.startsWith('/api') || response.headers.get('Content-Type') === 'application/problem+json')
          seen.push(body);
      }
    }
    const everything = [...seen, ...gateway.logLines].join('\n');
    expect(everything).toContain('[redacted]');
    for (const spelling of spellings) expect(everything).not.toContain(spelling);
  });
});
