import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Fault } from '../../src/simulator/simulator.js';
import { arrivalsAt } from '../support/arrivals.js';
import { get, startGateway, type Answer, type TestGateway } from '../support/gateway.js';
import { until } from '../support/until.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';

const NOON = Date.parse('2026-06-01T12:00:00Z');
const DAY = 86_400;
const SETTLED = { state: 'FINISHED', modified: '2026-06-01T10:00:00Z' };
const FRESH = { 'Cache-Control': 'no-cache' };
const KEPT = { 'Cache-Control': 'only-if-cached' };
const STORED = 'callfire-gateway; fwd=uri-miss; fwd-status=200; stored';

let redis: RedisServer;
let inspect: Redis;
let clock = NOON;
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
  clock = NOON;
  await inspect.flushall();
});

afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.stop();
});

type Environment = Readonly<Record<string, string>>;

async function start(environment: Environment): Promise<TestGateway> {
  const gateway = await startGateway({ environment, overrides: { now: () => clock } });
  open.push(gateway);
  return gateway;
}

/** A gateway whose Redis is in use, not only configured. */
async function startOnRedis(environment: Environment = {}): Promise<TestGateway> {
  const gateway = await start({ REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '2000', ...environment });
  await until(async () => (await get(`${gateway.url}/readyz`)).text.includes('"redis":"up"'));
  return gateway;
}

function lookUp({ url }: TestGateway, id: string, headers: Record<string, string> = {}): Promise<Answer> {
  return get(`${url}/calls/${id}`, headers);
}

const cacheStatus = ({ headers }: Answer) => headers['cache-status'];

const pass = (seconds: number): void => void (clock += seconds * 1000);

describe.each([
  ['memory', start],
  ['Redis', startOnRedis],
])('The cache in %s', (_kind, startOne) => {
  const startWith = (environment: Environment = {}) => startOne(environment);

  describe('keeps a finished call', () => {
    it('for CACHE_TTL_SECONDS', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      const first = await lookUp(gateway, '42');
      expect(first.headers).toMatchObject({
        'cache-status': STORED,
        'cache-control': 'private, max-age=86400',
      });
      expect(first.headers).not.toHaveProperty('age');

      pass(1.5);
      const hit = await lookUp(gateway, '42');
      expect(hit.headers).toMatchObject({
        'cache-status': 'callfire-gateway; hit; ttl=86399',
        'cache-control': 'private, max-age=86399',
        age: '1',
        etag: first.headers.etag,
      });
      expect(hit.text).toBe(first.text);

      clock = NOON + DAY * 1000 - 1;
      expect(cacheStatus(await lookUp(gateway, '42'))).toBe('callfire-gateway; hit; ttl=1');
      expect(gateway.simulator.requestsFor('42')).toBe(1);
    });

    it('and fetches it again after that', async () => {
      const gateway = await startWith({ CACHE_TTL_SECONDS: '60' });
      gateway.simulator.putCall('42', SETTLED);
      await lookUp(gateway, '42');
      gateway.simulator.putCall('42', { ...SETTLED, labels: ['late'] });
      pass(60);
      const again = await lookUp(gateway, '42');
      expect(again.headers).toMatchObject({
        'cache-status': 'callfire-gateway; fwd=stale; fwd-status=200; stored',
        'cache-control': 'private, max-age=60',
      });
      expect(again.headers).not.toHaveProperty('age');
      expect(again.json).toMatchObject({ labels: ['late'] });
      expect(cacheStatus(await lookUp(gateway, '42'))).toBe('callfire-gateway; hit; ttl=60');
    });

    it('only until it has settled, if it was modified lately', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', { state: 'FINISHED', modified: '2026-06-01T11:59:50Z' });
      expect((await lookUp(gateway, '42')).headers['cache-control']).toBe('private, max-age=290');
      gateway.simulator.putCall('42', {
        state: 'FINISHED',
        modified: '2026-06-01T12:01:00Z',
        labels: ['late'],
      });
      pass(289);
      expect(cacheStatus(await lookUp(gateway, '42'))).toBe('callfire-gateway; hit; ttl=1');

      pass(1);
      const modifiedMeanwhile = await lookUp(gateway, '42');
      expect(modifiedMeanwhile.json).toMatchObject({ labels: ['late'] });
      expect(modifiedMeanwhile.headers['cache-control']).toBe('private, max-age=70');

      pass(70);
      expect((await lookUp(gateway, '42')).headers['cache-control']).toBe('private, max-age=86400');
    });

    it.each([
      ['was modified CACHE_SETTLE_SECONDS ago', '2026-06-01T11:59:00Z', {}, 86_400],
      ['was modified a second less ago', '2026-06-01T11:59:01Z', {}, 1],
      ['will be modified, by its clock', '2026-06-01T12:30:00Z', {}, 60],
      ['settles later than its TTL ends', '2026-06-01T12:00:00Z', { CACHE_TTL_SECONDS: '20' }, 20],
      ['settles at once', '2026-06-01T12:00:00Z', { CACHE_SETTLE_SECONDS: '0' }, 86_400],
    ])('that %s', async (_case, modified, environment, maxAge) => {
      const gateway = await startWith({ CACHE_SETTLE_SECONDS: '60', ...environment });
      gateway.simulator.putCall('42', { state: 'FINISHED', modified });
      expect((await lookUp(gateway, '42')).headers['cache-control']).toBe(`private, max-age=${maxAge}`);
      expect(cacheStatus(await lookUp(gateway, '42'))).toBe(`callfire-gateway; hit; ttl=${maxAge}`);
    });
  });

  describe('does not keep a call in progress', () => {
    it.each(['READY', 'SELECTED', 'CALLBACK', 'SOMETHING_NEW', 'finished'])('that is %s', async (state) => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', { state });
      for (const count of [1, 2]) {
        const answer = await lookUp(gateway, '42');
        expect(answer.headers).toMatchObject({
          'cache-status': 'callfire-gateway; fwd=uri-miss; fwd-status=200',
          'cache-control': 'private, no-cache',
        });
        expect(answer.headers).not.toHaveProperty('age');
        expect(gateway.simulator.requestsFor('42')).toBe(count);
      }
      expect((await lookUp(gateway, '42', KEPT)).status).toBe(504);
    });

    it('and keeps it as soon as it is finished', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', { state: 'SELECTED', modified: '2026-06-01T09:00:00Z' });
      await lookUp(gateway, '42');
      gateway.simulator.putCall('42', SETTLED);
      expect(cacheStatus(await lookUp(gateway, '42'))).toBe(STORED);
      expect(cacheStatus(await lookUp(gateway, '42'))).toContain('; hit');
    });
  });

  describe('goes by CACHE_STATES', () => {
    const END_STATES = ['DNC', 'DUP', 'INVALID', 'TIMEOUT', 'SKIPPED', 'PERIOD_LIMIT', 'RESTRICTED_NUMBER'];

    it.each(END_STATES)('and does not keep %s unless it is named', async (state) => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', { ...SETTLED, state });
      expect((await lookUp(gateway, '42')).headers['cache-control']).toBe('private, no-cache');
      expect((await lookUp(gateway, '42', KEPT)).status).toBe(504);
    });

    it('and keeps the end states that are named, no others', async () => {
      const gateway = await startWith({ CACHE_STATES: END_STATES.join(', ') });
      for (const [index, state] of END_STATES.entries()) {
        const id = String(40 + index);
        gateway.simulator.putCall(id, { ...SETTLED, state });
        expect(cacheStatus(await lookUp(gateway, id))).toBe(STORED);
        expect((await lookUp(gateway, id)).json).toMatchObject({ id, state });
        expect(gateway.simulator.requestsFor(id)).toBe(1);
      }
      gateway.simulator.putCall('60', SETTLED);
      expect((await lookUp(gateway, '60')).headers['cache-control']).toBe('private, no-cache');
    });
  });

  describe('serves an entry past its freshness', () => {
    it.each<[string, Fault, string]>([
      ['CallFire answers 500', { status: 500 }, 'fwd-status=500'],
      ['CallFire answers 503', { status: 503 }, 'fwd-status=503'],
      ['CallFire answers 429', { status: 429 }, 'fwd-status=429'],
      ['the connection is reset', { reset: true }, 'detail=upstream-unreachable'],
      ['the answer is cut', { cutAfterBytes: 100 }, 'detail=upstream-invalid-response'],
      ['the answer is not valid', { malformed: true }, 'detail=upstream-invalid-response'],
    ])('when %s', async (_case, fault, words) => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      const good = await lookUp(gateway, '42');
      gateway.simulator.setFault('42', fault);
      pass(DAY + 10);
      for (let lookups = 0; lookups < 2; lookups += 1) {
        const stale = await lookUp(gateway, '42');
        expect(stale.status).toBe(200);
        expect(stale.text).toBe(good.text);
        expect(stale.headers).toMatchObject({
          'cache-status': `callfire-gateway; fwd=stale; ${words}`,
          'cache-control': 'private, max-age=0',
          age: '86410',
          etag: good.headers.etag,
        });
      }
      gateway.simulator.clearFaults();
      expect(cacheStatus(await lookUp(gateway, '42'))).toBe(
        'callfire-gateway; fwd=stale; fwd-status=200; stored',
      );
    });

    it('when CallFire does not answer in time', async () => {
      const gateway = await startWith({ UPSTREAM_TIMEOUT_MS: '400' });
      gateway.simulator.putCall('42', SETTLED);
      await until(async () => (await lookUp(gateway, '42')).status === 200);
      gateway.simulator.setFault('42', { stall: 'headers' });
      pass(DAY);
      const stale = await lookUp(gateway, '42');
      expect(stale.status).toBe(200);
      expect(cacheStatus(stale)).toBe('callfire-gateway; fwd=stale; detail=upstream-timeout');
    });

    it('when CallFire is not there', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      await lookUp(gateway, '42');
      await gateway.simulator.stop();
      pass(DAY);
      const stale = await lookUp(gateway, '42');
      expect(stale.status).toBe(200);
      expect(cacheStatus(stale)).toBe('callfire-gateway; fwd=stale; detail=upstream-unreachable');
    });

    it('for CACHE_STALE_SECONDS, no longer', async () => {
      const gateway = await startWith({ CACHE_TTL_SECONDS: '60', CACHE_STALE_SECONDS: '30' });
      gateway.simulator.putCall('42', SETTLED);
      await lookUp(gateway, '42');
      gateway.simulator.setFault('42', { status: 500 });
      pass(89);
      expect((await lookUp(gateway, '42')).status).toBe(200);
      pass(1);
      const late = await lookUp(gateway, '42');
      expect(late.status).toBe(502);
      expect(late.headers).toMatchObject({
        'cache-status': 'callfire-gateway; fwd=uri-miss; fwd-status=500',
        'cache-control': 'no-store',
      });
    });

    it.each([
      [400, 400],
      [401, 502],
      [403, 502],
      [404, 404],
    ])('but not instead of a %i', async (upstreamStatus, status) => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      await lookUp(gateway, '42');
      gateway.simulator.setFault('42', { status: upstreamStatus });
      pass(DAY);
      const answer = await lookUp(gateway, '42');
      expect(answer.status).toBe(status);
      expect(cacheStatus(answer)).toContain(`fwd=stale; fwd-status=${upstreamStatus}`);
    });
  });

  describe('remembers a 404', () => {
    it('for CACHE_NEGATIVE_SECONDS', async () => {
      const gateway = await startWith();
      const first = await lookUp(gateway, '77');
      expect(first.status).toBe(404);
      expect(cacheStatus(first)).toBe('callfire-gateway; fwd=uri-miss; fwd-status=404; stored');
      pass(4);
      const second = await lookUp(gateway, '77');
      expect(second.status).toBe(404);
      expect(second.headers).toMatchObject({
        'cache-status': 'callfire-gateway; hit; ttl=1',
        'cache-control': 'no-store',
      });
      expect((await lookUp(gateway, '77', KEPT)).status).toBe(404);
      expect(gateway.simulator.requestsFor('77')).toBe(1);
      pass(1);
      gateway.simulator.putCall('77', SETTLED);
      expect(cacheStatus(await lookUp(gateway, '77'))).toBe(STORED);
    });

    it('but not for who asks with no-cache, and not any more when that finds the call', async () => {
      const gateway = await startWith();
      await lookUp(gateway, '77');
      gateway.simulator.putCall('77', { state: 'READY' });
      expect((await lookUp(gateway, '77')).status).toBe(404);
      expect((await lookUp(gateway, '77', FRESH)).status).toBe(200);
      expect((await lookUp(gateway, '77')).status).toBe(200);
    });

    it('not at all with CACHE_NEGATIVE_SECONDS=0', async () => {
      const gateway = await startWith({ CACHE_NEGATIVE_SECONDS: '0' });
      for (const count of [1, 2]) {
        expect(cacheStatus(await lookUp(gateway, '77'))).toBe(
          'callfire-gateway; fwd=uri-miss; fwd-status=404',
        );
        expect(gateway.simulator.requestsFor('77')).toBe(count);
      }
    });
  });

  describe('with Cache-Control: no-cache', () => {
    it.each(['no-cache', 'No-Cache', 'max-age=0, no-cache'])('%s fetches and replaces', async (value) => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      await lookUp(gateway, '42');
      gateway.simulator.putCall('42', { ...SETTLED, labels: ['new'] });
      const fetched = await lookUp(gateway, '42', { 'Cache-Control': value });
      expect(cacheStatus(fetched)).toBe('callfire-gateway; fwd=request; fwd-status=200; stored');
      expect(fetched.headers).not.toHaveProperty('age');
      const hit = await lookUp(gateway, '42');
      expect(cacheStatus(hit)).toBe('callfire-gateway; hit; ttl=86400');
      expect(hit.json).toMatchObject({ labels: ['new'] });
    });

    it('gives the failure where CallFire fails, and keeps the entry', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      await lookUp(gateway, '42');
      gateway.simulator.setFault('42', { status: 500 });
      const failed = await lookUp(gateway, '42', FRESH);
      expect(failed.status).toBe(502);
      expect(cacheStatus(failed)).toBe('callfire-gateway; fwd=request; fwd-status=500');
      expect(cacheStatus(await lookUp(gateway, '42'))).toContain('; hit');
    });
  });

  describe('with Cache-Control: only-if-cached', () => {
    it('answers what is fresh', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      await lookUp(gateway, '42');
      const kept = await lookUp(gateway, '42', { 'Cache-Control': 'Only-If-Cached' });
      expect(kept.status).toBe(200);
      expect(cacheStatus(kept)).toBe('callfire-gateway; hit; ttl=86400');
    });

    it.each([
      ['no entry', 0, KEPT],
      ['only a stale one', DAY, KEPT],
      ['also no-cache', 1, { 'Cache-Control': 'only-if-cached, no-cache' }],
    ])('answers 504, and does not ask CallFire, where there is %s', async (_case, seconds, headers) => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      if (seconds > 0) await lookUp(gateway, '42');
      pass(seconds);
      const { length } = gateway.simulator.requests;
      const answer = await lookUp(gateway, '42', headers);
      expect(answer.status).toBe(504);
      expect(answer.json).toMatchObject({ code: 'not-cached' });
      expect(answer.headers).toMatchObject({
        'cache-status': 'callfire-gateway; detail=not-cached',
        'cache-control': 'no-store',
      });
      expect(gateway.simulator.requests).toHaveLength(length);
    });
  });

  describe('with ETag and If-None-Match', () => {
    it('has a strong tag that goes with the body', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      gateway.simulator.putCall('43', { ...SETTLED, state: 'READY' });
      const { etag } = (await lookUp(gateway, '42')).headers;
      expect(etag).toMatch(/^"[\w-]+"$/);
      expect((await lookUp(gateway, '42', FRESH)).headers.etag).toBe(etag);
      expect((await lookUp(gateway, '43')).headers.etag).toMatch(/^"[\w-]+"$/);
      gateway.simulator.putCall('42', { ...SETTLED, labels: ['new'] });
      expect((await lookUp(gateway, '42', FRESH)).headers.etag).not.toBe(etag);
    });

    const forms: [string, (etag: string) => string, number][] = [
      ['the tag', (etag) => etag, 304],
      ['the tag as a weak one', (etag) => `W/${etag}`, 304],
      ['the tag in a list', (etag) => `"a", W/"b",${etag} , "c"`, 304],
      ['*', () => '*', 304],
      ['another tag', () => '"other"', 200],
      ['the tag without quotes', (etag) => etag.slice(1, -1), 200],
      ['part of the tag', (etag) => `${etag.slice(0, -2)}"`, 200],
      ['nothing', () => '', 200],
    ];

    it.each(forms)('answers %s', async (_case, form, status) => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      const { etag = '' } = (await lookUp(gateway, '42')).headers;
      // Answered before Express, by it, and after a fetch.
      for (const headers of [{}, { 'Cache-Control': 'max-age=0' }, FRESH]) {
        const answer = await lookUp(gateway, '42', { ...headers, 'If-None-Match': form(etag) });
        expect(answer.status).toBe(status);
        expect(answer.text === '').toBe(status === 304);
      }
    });

    it('answers 304 with the headers that a cache needs, and with no body', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      const { etag = '' } = (await lookUp(gateway, '42')).headers;
      pass(7);
      const answer = await lookUp(gateway, '42', { 'If-None-Match': etag, 'X-Request-Id': 'mine' });
      expect(answer.status).toBe(304);
      expect(answer.text).toBe('');
      expect(answer.headers).toEqual({
        date: expect.any(String),
        connection: 'close',
        etag,
        'cache-control': 'private, max-age=86393',
        'cache-status': 'callfire-gateway; hit; ttl=86393',
        age: '7',
        'x-request-id': 'mine',
      });
    });

    it('answers 304 for a call in progress that has not changed', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', { state: 'READY' });
      const { etag = '' } = (await lookUp(gateway, '42')).headers;
      const same = await lookUp(gateway, '42', { 'If-None-Match': etag });
      expect(same.status).toBe(304);
      expect(same.headers['cache-control']).toBe('private, no-cache');
      expect(gateway.simulator.requestsFor('42')).toBe(2);
    });

    it('does not answer 304 for a failure', async () => {
      const gateway = await startWith();
      expect((await lookUp(gateway, '77', { 'If-None-Match': '*' })).status).toBe(404);
    });
  });

  describe('shares one fetch among lookups that overlap', () => {
    const HELD = { held: true };
    const fifty = (gateway: TestGateway) =>
      Promise.all(Array.from({ length: 50 }, () => lookUp(gateway, '42')));
    /** CallFire answers when all of them wait. */
    async function fiftyTogether(gateway: TestGateway, fault: Fault = {}) {
      gateway.simulator.setFault('42', { ...fault, ...HELD });
      const arrived = arrivalsAt(gateway.url);
      const answers = fifty(gateway);
      await until(() => arrived() === 50 && gateway.simulator.requestsFor('42') > 0);
      gateway.simulator.clearFaults();
      return answers;
    }

    it.each([
      ['finished', 'FINISHED', STORED],
      ['in progress', 'READY', 'callfire-gateway; fwd=uri-miss; fwd-status=200'],
    ])('of a call that is %s', async (_case, state, words) => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', { ...SETTLED, state });
      const answers = await fiftyTogether(gateway);
      expect(gateway.simulator.requestsFor('42')).toBe(1);
      expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
      expect(answers.map(cacheStatus).sort()).toEqual([
        ...Array<string>(49).fill('callfire-gateway; fwd=uri-miss; collapsed'),
        words,
      ]);
    });

    it('even if the one who came first leaves', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      gateway.simulator.setFault('42', HELD);
      const leaving = new AbortController();
      const first = get(`${gateway.url}/calls/42`, {}, { signal: leaving.signal });
      await until(() => gateway.simulator.requestsFor('42') === 1);
      const arrived = arrivalsAt(gateway.url);
      const others = fifty(gateway);
      leaving.abort();
      await expect(first).rejects.toThrow();
      await until(() => arrived() === 50);
      gateway.simulator.clearFaults();
      expect(new Set((await others).map(({ status }) => status))).toEqual(new Set([200]));
      expect(gateway.simulator.requests).toMatchObject([{ aborted: false }]);
    });

    it('and keeps what comes even if all have left', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      gateway.simulator.setFault('42', HELD);
      const leaving = new AbortController();
      const first = get(`${gateway.url}/calls/42`, {}, { signal: leaving.signal });
      await until(() => gateway.simulator.requestsFor('42') === 1);
      leaving.abort();
      await expect(first).rejects.toThrow();
      gateway.simulator.clearFaults();
      await until(async () => (await lookUp(gateway, '42', KEPT)).status === 200);
      expect(gateway.simulator.requestsFor('42')).toBe(1);
    });

    it('and one failure, which is then forgotten', async () => {
      const gateway = await startWith();
      gateway.simulator.putCall('42', SETTLED);
      const answers = await fiftyTogether(gateway, { status: 500, times: 1 });
      expect(gateway.simulator.requestsFor('42')).toBe(1);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([502]));
      expect(answers.map(cacheStatus).sort()).toEqual([
        ...Array<string>(49).fill('callfire-gateway; fwd=uri-miss; collapsed; detail=upstream-error'),
        'callfire-gateway; fwd=uri-miss; fwd-status=500',
      ]);
      expect(cacheStatus(await lookUp(gateway, '42'))).toBe(STORED);
    });
  });
});

describe('Without REDIS_URL', () => {
  it('one line at the start says that memory is the cache', async () => {
    const { logLines } = await start({});
    expect(logLines.filter((line) => line.includes('No Redis'))).toHaveLength(1);
  });
});

describe('In Redis', () => {
  const ID = '224205636001';

  /** Another process before the same CallFire. */
  const startBeside = ({ simulator }: TestGateway, environment: Environment = {}) =>
    startOnRedis({ CALLFIRE_BASE_URL: simulator.baseUrl, ...environment });

  it('a key is prefix, schema version, account and call id', async () => {
    const named = await startOnRedis({ CACHE_PREFIX: 'calls:test', CALLFIRE_ACCOUNT: 'sales-eu' });
    await lookUp(named, ID);
    expect(await inspect.keys('*')).toEqual([`calls:test:v1:sales-eu:${ID}`]);
    await inspect.flushall();

    const unnamed = await startOnRedis();
    await lookUp(unnamed, ID);
    const [key, ...others] = await inspect.keys('*');
    expect(others).toEqual([]);
    expect(key).toMatch(/^callfire-gateway:v1:[\w-]{22}:224205636001$/);
  });

  it('a key expires when its entry is of no more use', async () => {
    const gateway = await startOnRedis({ CACHE_TTL_SECONDS: '600', CACHE_STALE_SECONDS: '300' });
    await lookUp(gateway, ID);
    const [key = ''] = await inspect.keys('*');
    const ttl = await inspect.pttl(key);
    expect(ttl).toBeLessThanOrEqual(900_000);
    expect(ttl).toBeGreaterThan(870_000);
  });

  it('an entry serves every gateway of the account', async () => {
    const first = await startOnRedis();
    const good = await lookUp(first, ID);
    pass(5);
    const hit = await lookUp(await startBeside(first), ID);
    expect(hit.headers).toMatchObject({
      'cache-status': 'callfire-gateway; hit; ttl=86395',
      age: '5',
      etag: good.headers.etag,
    });
    expect(hit.text).toBe(good.text);
    expect(first.simulator.requestsFor(ID)).toBe(1);
  });

  it('nothing is kept of a call in progress or of a 404', async () => {
    const gateway = await startOnRedis();
    gateway.simulator.putCall('42', { state: 'READY' });
    await lookUp(gateway, '42');
    await lookUp(gateway, '77');
    expect(await inspect.dbsize()).toBe(0);
    await lookUp(await startBeside(gateway), '77');
    expect(gateway.simulator.requestsFor('77')).toBe(2);
  });

  const SALES = { CALLFIRE_ACCOUNT: 'sales' };
  const KEY = `callfire-gateway:v1:sales:${ID}`;
  const OTHER_KEY = 'callfire-gateway:v1:sales:2101';

  it.each<[string, (value: Buffer) => Promise<unknown>]>([
    ['is empty', () => inspect.set(KEY, '')],
    ['is truncated', (value) => inspect.set(KEY, value.subarray(0, -1))],
    ['is truncated in its fields', (value) => inspect.set(KEY, value.subarray(0, 30))],
    ['has grown', (value) => inspect.set(KEY, Buffer.concat([value, Buffer.from('}')]))],
    ['has a bit of its JSON flipped', (value) => inspect.set(KEY, flipped(value, value.length - 20))],
    ['has a bit of its times flipped', (value) => inspect.set(KEY, flipped(value, 21))],
    ["is another call's", () => inspect.copy(OTHER_KEY, KEY)],
    ['is of another layout', (value) => inspect.set(KEY, flipped(value, 2))],
    ["is somebody else's text", () => inspect.set(KEY, `{"id":"${ID}","state":"FINISHED"}`)],
    ['is noise', () => inspect.set(KEY, Buffer.from([0, 255, 10, 13, 0, 128]))],
    ['is a list', () => inspect.rpush(KEY, 'cf2')],
    ['is a hash', () => inspect.hset(KEY, 'id', ID)],
  ])('a value that %s is a miss and is overwritten', async (_case, spoil) => {
    const first = await startOnRedis(SALES);
    await lookUp(first, '2101');
    const good = await lookUp(first, ID);
    const value = (await inspect.getBuffer(KEY)) ?? Buffer.alloc(0);
    await inspect.del(KEY);
    await spoil(value);

    const miss = await lookUp(await startBeside(first, SALES), ID);
    expect(miss.status).toBe(200);
    expect(cacheStatus(miss)).toBe(STORED);
    expect(miss.text).toBe(good.text);
    expect(await inspect.getBuffer(KEY)).toEqual(value);
    expect(cacheStatus(await lookUp(await startBeside(first, SALES), ID))).toContain('; hit');
  });

  function flipped(value: Buffer, at: number): Buffer {
    const changed = Buffer.from(value);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    return changed;
  }

  describe('accounts are kept apart', () => {
    it('by login', async () => {
      const ours = await startOnRedis();
      await lookUp(ours, ID);
      const theirs = await startBeside(ours, { CALLFIRE_LOGIN: 'another' });
      expect((await lookUp(theirs, ID, KEPT)).status).toBe(504);
      expect((await lookUp(theirs, ID)).status).toBe(502);
      expect(await inspect.dbsize()).toBe(1);
    });

    it('by base URL', async () => {
      const [ours, theirs] = [await startOnRedis(), await startOnRedis()];
      ours.simulator.putCall('42', { ...SETTLED, labels: ['ours'] });
      theirs.simulator.putCall('42', { ...SETTLED, labels: ['theirs'] });
      for (const words of [STORED, 'callfire-gateway; hit; ttl=86400']) {
        const [one, other] = [await lookUp(ours, '42'), await lookUp(theirs, '42')];
        expect(one.json).toMatchObject({ labels: ['ours'] });
        expect(other.json).toMatchObject({ labels: ['theirs'] });
        expect([cacheStatus(one), cacheStatus(other)]).toEqual([words, words]);
      }
      expect(await inspect.dbsize()).toBe(2);
    });

    it('by name', async () => {
      const ours = await startOnRedis({ CALLFIRE_ACCOUNT: 'sales' });
      await lookUp(ours, ID);
      for (const name of ['sales2', 'Sales', 'sale']) {
        const theirs = await startBeside(ours, { CALLFIRE_ACCOUNT: name });
        expect((await lookUp(theirs, ID, KEPT)).status).toBe(504);
      }
    });

    it('and a named one outlives its credentials', async () => {
      const before = await startOnRedis({ CALLFIRE_ACCOUNT: 'sales' });
      await lookUp(before, ID);
      const credentials = { CALLFIRE_LOGIN: 'rotated', CALLFIRE_PASSWORD: 'new' };
      const after = await startBeside(before, { CALLFIRE_ACCOUNT: 'sales', ...credentials });
      expect(cacheStatus(await lookUp(after, ID))).toContain('; hit');
      expect(before.simulator.requestsFor(ID)).toBe(1);
    });
  });
});
