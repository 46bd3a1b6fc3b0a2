import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { get, startGateway, type TestGateway } from '../support/gateway.js';
import { startLoad, type Load, type LoadAnswer } from '../support/load.js';
import { startRedisProxy, type RedisProxy } from '../support/redis-proxy.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const CALL = '77';
/** A call that the load does not ask for. */
const UNASKED = '78';
const OLD = { state: 'FINISHED', modified: '2026-01-01T10:00:00Z', labels: ['old'] };
const NEW = { ...OLD, labels: ['new'] };
/** An announcement's way through Redis, on a busy machine. */
const AT_ONCE_MS = 1_000;

let redis: RedisServer;
let proxy: RedisProxy;
let inspect: Redis;
let gateways: TestGateway[] = [];
let loads: Load[] = [];

beforeEach(async () => {
  redis = await startRedisServer();
  proxy = await startRedisProxy(redis.port);
  inspect = new Redis(redis.url).on('error', () => undefined);
});

afterEach(async () => {
  for (const load of loads.splice(0)) await load.stop();
  for (const gateway of gateways.splice(0).reverse()) await gateway.stop();
  inspect.disconnect();
  await proxy.stop();
  await redis.stop();
});

/** Two gateways before one CallFire, each with memory in front of its way to the one Redis. */
async function startTwo(...redisUrls: readonly [string, string]): Promise<void> {
  const first = await startGateway({ environment: { REDIS_URL: redisUrls[0], REDIS_TIMEOUT_MS: '400' } });
  first.simulator.putCall(CALL, OLD);
  const sameCallFire = { CALLFIRE_BASE_URL: first.simulator.baseUrl };
  const environment = { REDIS_URL: redisUrls[1], REDIS_TIMEOUT_MS: '400', ...sameCallFire };
  gateways = [first, await startGateway({ environment })];
  for (const { url } of gateways) {
    await until(async () => (await get(`${url}/readyz`)).text.includes('"redis":"up"'));
  }
}

const change = (id = CALL): void => {
  gateways[0]?.simulator.putCall(id, NEW);
};

const ask = ({ url }: TestGateway, headers = {}, id = CALL) => get(`${url}/calls/${id}`, headers);

/** Resolves when every gateway has the call in its memory: it answers without a word to Redis. */
async function untilHeld(id = CALL): Promise<void> {
  for (const gateway of gateways) {
    await until(async () => {
      const before = proxy.sent.commands;
      const { headers } = await ask(gateway, {}, id);
      return proxy.sent.commands === before && String(headers['cache-status']).includes('; hit');
    });
  }
}

async function untilAnswered(count: number): Promise<void> {
  const goals = loads.map(({ answers }) => answers.length + count);
  await until(() => loads.every(({ answers }, index) => answers.length >= (goals[index] ?? 0)));
}

async function load(): Promise<void> {
  loads = gateways.map(({ url }) => startLoad({ url, ids: [CALL, '2001', CALL, '2002'], clients: 4 }));
  await untilAnswered(100);
}

const isOld = ({ text }: { readonly text: string }): boolean => text.includes('"labels":["old"]');
const isNew = ({ text }: { readonly text: string }): boolean => text.includes('"labels":["new"]');

/** What each gateway answered for the call, once all show the new one. No lookup may have failed. */
async function untilNew(): Promise<readonly (readonly LoadAnswer[])[]> {
  const showsNew = ({ answers }: Load) => isNew(answers.findLast(({ id }) => id === CALL) ?? { text: '' });
  await until(() => loads.every(showsNew));
  await untilAnswered(100);
  const all = await Promise.all(loads.map((it) => it.stop()));
  for (const answers of all) expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  return all.map((answers) => answers.filter(({ id }) => id === CALL));
}

/** How long after `since` the old call was still answered to those who asked after it; 0 if to none. */
function lagMs(answers: readonly LoadAnswer[], since: number): number {
  return Math.max(0, ...answers.filter(isOld).map(({ at }) => at - since));
}

/** Who asks after somebody had the new call gets the new call. */
function expectNoWayBack(answers: readonly LoadAnswer[]): void {
  const firstNew = Math.min(...answers.filter(isNew).map(({ at, ms }) => at + ms));
  expect(lagMs(answers, firstNew)).toBe(0);
}

describe('Two gateways under load on one Redis', () => {
  it.each([
    ['the same call again, changed', NEW],
    ['a later modification of it', { ...NEW, modified: '2026-01-01T11:00:00Z' }],
  ])('both answer at once what a no-cache lookup on one of them found: %s', async (_case, document) => {
    await startTwo(proxy.url, proxy.url);
    await untilHeld();
    await load();
    const [one, other] = gateways as [TestGateway, TestGateway];
    one.simulator.putCall(CALL, document);
    expect(isNew(await ask(one, { 'Cache-Control': 'no-cache' }))).toBe(true);
    const since = performance.now();
    const [ofOne = [], ofOther = []] = await untilNew();
    expect(lagMs(ofOne, since)).toBe(0);
    expect(lagMs(ofOther, since)).toBeLessThan(AT_ONCE_MS);
    for (const answers of [ofOne, ofOther]) expectNoWayBack(answers);
    expect(String((await ask(other)).headers['cache-status'])).toContain('; hit');
    expect(one.simulator.requestsFor(CALL)).toBe(2);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['DEL', async () => inspect.del(await inspect.keys(`*:${CALL}`))],
    ['UNLINK', async () => inspect.unlink(await inspect.keys(`*:${CALL}`))],
    ['PEXPIRE', async () => inspect.pexpire((await inspect.keys(`*:${CALL}`))[0] ?? '', 1)],
    ['FLUSHDB', () => inspect.flushdb()],
    ['FLUSHALL ASYNC', () => inspect.flushall('ASYNC')],
  ])('fetch again at once what was taken out of Redis by %s', async (_command, purge) => {
    await startTwo(proxy.url, proxy.url);
    await untilHeld();
    await load();
    change();
    await purge();
    const since = performance.now();
    for (const answers of await untilNew()) {
      expect(lagMs(answers, since)).toBeLessThan(AT_ONCE_MS);
      expectNoWayBack(answers);
    }
    await untilHeld();
  });

  it('do not answer from memory what was taken out of Redis while it was out of their reach', async () => {
    await startTwo(proxy.url, proxy.url);
    await untilHeld();
    await load();
    proxy.hold();
    change();
    await inspect.flushall();
    for (const answers of await untilNew()) expectNoWayBack(answers);
    proxy.heal();
    await untilHeld();
    expect((await Promise.all(gateways.map((it) => ask(it)))).every(isNew)).toBe(true);
  });

  it('keep nothing in memory across a lost connection, whose announcements are lost too', async () => {
    await startTwo(proxy.url, proxy.url);
    gateways[0]?.simulator.putCall(UNASKED, OLD);
    await untilHeld(UNASKED);
    await load();
    proxy.hold();
    change();
    change(UNASKED);
    await inspect.flushall();
    const { connections } = proxy.sent;
    for (const kind of ['normal', 'pubsub']) await inspect.call('CLIENT', 'KILL', 'TYPE', kind);
    await until(() => proxy.sent.connections >= connections + 2 * gateways.length);
    proxy.heal();
    await untilNew();
    await untilHeld();
    const answers = await Promise.all(gateways.map((it) => ask(it, {}, UNASKED)));
    expect(answers.filter((answer) => !isNew(answer))).toEqual([]);
  });

  it('answer from Redis, and say so once, where one of them may not have changes announced', async () => {
    await inspect.acl('SETUSER', 'plain', 'on', '>secret', '~*', '&*', '+@all', '-client|tracking');
    await startTwo(redis.url, redis.url.replace('//', '//plain:secret@'));
    const [one, plain] = gateways as [TestGateway, TestGateway];
    await ask(one);
    await load();
    change();
    await ask(one, { 'Cache-Control': 'no-cache' });
    const since = performance.now();
    const [, ofPlain = []] = await untilNew();
    expect(lagMs(ofPlain, since)).toBe(0);
    expect(String((await ask(plain)).headers['cache-status'])).toContain('; hit');
    expect(plain.logLines.filter((line) => line.includes('CLIENT TRACKING'))).toHaveLength(1);
    expect(one.simulator.requestsFor(CALL)).toBe(2);
  });
});
