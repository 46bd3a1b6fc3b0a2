import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Simulator } from '../../src/simulator/simulator.js';
import { arrivalsAt } from '../support/arrivals.js';
import { get, startGateway, type Answer, type TestGateway } from '../support/gateway.js';
import { leaseClaims } from '../support/lease-claims.js';
import { environmentFor, Program, startSimulator } from '../support/process.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const SAMPLE = '224205636001';

let redis: RedisServer;
let inspect: Redis;
let simulator: Simulator;
const open: TestGateway[] = [];

beforeAll(async () => {
  redis = await startRedisServer();
  inspect = new Redis(redis.url).on('error', () => undefined);
});

afterAll(async () => {
  inspect.disconnect();
  await redis.stop();
});

beforeEach(async () => {
  await inspect.flushall();
  simulator = await startSimulator();
});

afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.stop();
});

async function gateways(count: number, environment: Record<string, string> = {}): Promise<string[]> {
  const settings = {
    CALLFIRE_BASE_URL: simulator.baseUrl,
    REDIS_URL: redis.url,
    // A machine that is busy with other tests is no reason to step around Redis.
    REDIS_TIMEOUT_MS: '1000',
    ...environment,
  };
  for (let i = 0; i < count; i += 1) open.push(await startGateway({ environment: settings }));
  await until(async () => (await listeners()) >= count);
  return open.map(({ url }) => url);
}

/** Processes that Redis would reach. */
async function listeners(): Promise<number> {
  return (await inspect.pubsub('CHANNELS', '*:inbox:*')).length;
}

const askAll = (urls: readonly string[], id: string, headers = {}): Promise<Answer[]> =>
  Promise.all(urls.map((url) => get(`${url}/calls/${id}`, headers)));

/** Lookups that overlap: CallFire answers when all of them wait. */
async function askTogether(
  urls: readonly string[],
  id: string,
  { fault = {}, headers = {} } = {},
): Promise<Answer[]> {
  simulator.setFault(id, { ...fault, held: true });
  const arrived = arrivalsAt(...urls);
  const answers = askAll(urls, id, headers);
  await until(() => arrived() === urls.length && asked(id) > 0);
  await until(async () => (await leaseClaims(inspect)) === new Set(urls).size);
  simulator.clearFaults();
  return answers;
}

const asked = (id: string): number =>
  simulator.requests.filter(({ url }) => url.endsWith(`/call/${id}`)).length;

/** Each URL so many times, in turn. */
const times = (urls: readonly string[], count: number): string[] =>
  Array.from({ length: count }, () => urls).flat();

const cacheStatus = ({ headers }: Answer): string => String(headers['cache-status']);

describe('Overlapping lookups of one call on different gateways', () => {
  it.each([
    ['finished', SAMPLE, 'FINISHED'],
    ['in progress', '4711', 'SELECTED'],
  ])('cost one upstream fetch where it is %s', async (_case, id, state) => {
    if (id !== SAMPLE) simulator.putCall(id, { state, modified: '2026-06-01T12:00:00Z' });
    const urls = await gateways(3);
    const answers = await askTogether(times(urls, 10), id);
    expect(asked(id)).toBe(1);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.json).toMatchObject({ id, state });
    const fetched = answers.filter((answer) => cacheStatus(answer).includes('fwd-status=200'));
    const collapsed = answers.filter((answer) => cacheStatus(answer).endsWith('fwd=uri-miss; collapsed'));
    expect([fetched.length, collapsed.length]).toEqual([1, 29]);
  });

  it('share a failure, and so does a `no-cache`', async () => {
    const urls = await gateways(2);
    const headers = { 'Cache-Control': 'no-cache' };
    const answers = await askTogether(urls, SAMPLE, { fault: { status: 500, times: 1 }, headers });
    expect(asked(SAMPLE)).toBe(1);
    expect(answers.map(({ json }) => json)).toMatchObject([
      { code: 'upstream-error' },
      { code: 'upstream-error' },
    ]);
  });

  it('each learn of a 404', async () => {
    const urls = await gateways(2);
    expect((await askTogether(urls, '7')).map(({ status }) => status)).toEqual([404, 404]);
    expect(asked('7')).toBe(1);
  });

  it('are no business of gateways with another account', async () => {
    const [one = ''] = await gateways(1, { CALLFIRE_ACCOUNT: 'one' });
    const [, other = ''] = await gateways(1, { CALLFIRE_ACCOUNT: 'other' });
    await askTogether([one, other], SAMPLE);
    expect(asked(SAMPLE)).toBe(2);
  });

  it('cost two fetches at most when Redis dies meanwhile, and none fails', async () => {
    const urls = await gateways(2);
    simulator.setFault(SAMPLE, { held: true });
    const answers = askAll(urls, SAMPLE);
    await until(async () => (await leaseClaims(inspect)) === 2);
    await redis.kill();
    await until(() => asked(SAMPLE) === 2);
    simulator.clearFaults();
    expect((await answers).map(({ status }) => status)).toEqual([200, 200]);
    expect(asked(SAMPLE)).toBe(2);
    await redis.restart();
  });

  it('go on when the gateway that fetches is killed', async () => {
    const [url = ''] = await gateways(1);
    const environment = { ...environmentFor(simulator), REDIS_URL: redis.url };
    const doomed = new Program('main.js', { environment });
    const port = await doomed.output(/"port":(\d+).*"msg":"listening"/);
    await until(async () => (await listeners()) === 2);
    simulator.setFault(SAMPLE, { stall: 'headers', times: 1 });
    const lost = get(`http://127.0.0.1:${port}/calls/${SAMPLE}`).catch(() => 'lost');
    await until(() => asked(SAMPLE) === 1);
    const answer = get(`${url}/calls/${SAMPLE}`);
    await until(async () => (await leaseClaims(inspect)) === 2);
    await doomed.kill();
    expect(await lost).toBe('lost');
    expect((await answer).status).toBe(200);
    expect(asked(SAMPLE)).toBe(2);
  });

  it('leave nothing in Redis but the entry', async () => {
    const urls = await gateways(2);
    await askAll(urls, SAMPLE);
    await until(async () => (await inspect.keys('*')).length === 1);
  });
});
