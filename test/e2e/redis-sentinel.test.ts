import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { get, startGateway, type TestGateway } from '../support/gateway.js';
import { startLoad, type Load } from '../support/load.js';
import { command } from '../support/redis-cluster.js';
import { startRedisSentinels, type TestSentinels } from '../support/redis-sentinel.js';
import type { RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

/** Finished at the simulator. */
const IDS = Array.from({ length: 150 }, (_, i) => String(2001 + i));
const CLIENTS = 4;
/** Far below what a request takes that waits for Redis again and again, and enough for a machine that is busy. */
const BOUND_MS = 2_000;
const AGAIN = { 'Cache-Control': 'no-cache' };

describe('Several gateways on a Redis that Sentinels watch', () => {
  /** One for each test, because Sentinels take their time until a killed master can serve again. */
  const sets: TestSentinels[] = [];
  let redis: TestSentinels;
  let gateways: TestGateway[];
  let loads: Load[];
  let minute = 0;

  beforeAll(async () => {
    sets.push(...(await Promise.all([startRedisSentinels(), startRedisSentinels()])));
  });

  beforeEach(async () => {
    redis = sets.pop() ?? (await startRedisSentinels());
    const first = await startGateway({ environment: { REDIS_URL: redis.url } });
    const shared = { REDIS_URL: redis.url, CALLFIRE_BASE_URL: first.simulator.baseUrl };
    gateways = [first, await startGateway({ environment: shared })];
    loads = gateways.map(({ url }) => startLoad({ url, ids: IDS, clients: CLIENTS }));
    await until(answersHits);
  });

  afterEach(async () => {
    await Promise.all(loads.map((load) => load.stop()));
    for (const gateway of gateways) await gateway.stop();
    await redis.stop();
  });

  afterAll(async () => {
    for (const unused of sets) await unused.stop();
  });

  /** Every gateway's latest answers, one for each call, are hits. */
  const answersHits = () =>
    loads.every(({ answers }) => {
      const latest = answers.slice(-IDS.length);
      return latest.length === IDS.length && latest.every(({ cacheStatus }) => cacheStatus.includes('; hit'));
    });

  const allUp = async () =>
    (await Promise.all(gateways.map(({ url }) => get(`${url}/readyz`)))).every(({ text }) =>
      text.includes('"redis":"up"'),
    );

  /** What a server says; nothing where a Sentinel ends that connection. */
  const ask = (server: RedisServer, name: string, ...args: string[]) =>
    command(server, name, ...args).catch(() => '');

  /** What was logged besides a line for each request. */
  const eventLines = () =>
    gateways.flatMap(({ logLines }) => logLines.filter((line) => !line.includes('"msg":"request"')));

  /** How many gateways listen at the server for changes of what they have in memory. */
  const listeners = async (server: RedisServer) =>
    (await ask(server, 'CLIENT', 'LIST', 'TYPE', 'pubsub')).split(' name=invalidations-').length - 1;

  /** Ends the load and looks at all that it was answered. */
  const expectNoHarm = async () => {
    const answers = (await Promise.all(loads.map((load) => load.stop()))).flat();
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(BOUND_MS);
  };

  /** Hits come from memory: this master is not asked for them. */
  const untilTiersAnswer = async (master: RedisServer) => {
    await Promise.all(loads.map((load) => load.stop()));
    const reads = async () =>
      /cmdstat_mget:calls=\d+/.exec(await command(master, 'INFO', 'commandstats'))?.[0];
    await until(async () => {
      const before = await reads();
      for (const { url } of gateways) await get(`${url}/calls/2001`);
      return (await reads()) === before;
    });
  };

  /** What one gateway fetches anew is written to the new master, and the other answers it from then on. */
  const expectNewsToSpread = async (master: RedisServer) => {
    minute += 1;
    gateways[0]?.simulator.putCall('2001', { state: 'FINISHED', modified: `2026-06-01T12:0${minute}:00Z` });
    const news = await get(`${gateways[0]?.url ?? ''}/calls/2001`, AGAIN);
    expect(news.headers['cache-status']).toContain('; stored');
    const [key = ''] = (await command(master, 'KEYS', '*:2001')).split(',');
    expect(await command(master, 'GET', key)).toContain(`2026-06-01T12:0${minute}:00Z`);
    for (const { url } of gateways)
      await until(async () => (await get(`${url}/calls/2001`)).text === news.text, 2_000);
  };

  it.each<[string, (redis: TestSentinels) => Promise<void>]>([
    ['when the master is changed by hand and lives on', (set) => set.failOver()],
    ['when the master is killed', (set) => set.master.kill()],
  ])('follow the replica that is promoted %s', async (_case, change) => {
    await change(redis);
    await until(async () => (await ask(redis.replica, 'ROLE')).startsWith('master'));
    await until(async () => (await listeners(redis.replica)) === gateways.length);
    await until(allUp);
    await until(answersHits);
    await untilTiersAnswer(redis.replica);
    await expectNewsToSpread(redis.replica);
    await expectNoHarm();
    expect(eventLines().length).toBeLessThan(30);
  });
});
