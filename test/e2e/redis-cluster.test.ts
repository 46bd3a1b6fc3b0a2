import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { slotOf } from '../../src/cache/redis/key-slot.js';
import { get, startGateway, type TestGateway } from '../support/gateway.js';
import { startLoad, type Load } from '../support/load.js';
import { command, startRedisCluster, type TestCluster } from '../support/redis-cluster.js';
import type { RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

/** Finished at the simulator. */
const IDS = Array.from({ length: 150 }, (_, i) => String(2001 + i));
const CLIENTS = 4;
/** Far below what a request takes that waits for Redis again and again, and enough for a machine that is busy. */
const BOUND_MS = 2_000;
const AGAIN = { 'Cache-Control': 'no-cache' };

describe('Several gateways on a Redis Cluster of three masters', () => {
  let cluster: TestCluster;
  /** Two with a memory tier, one that asks Redis for each hit. */
  let gateways: TestGateway[];
  let loads: Load[];
  let lines: number[];
  let minute = 0;

  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: 1 });
    const first = await startGateway({ environment: environment() });
    const { baseUrl } = first.simulator;
    gateways = [
      first,
      await startGateway({ environment: environment({ CALLFIRE_BASE_URL: baseUrl }) }),
      await startGateway({ environment: environment({ CALLFIRE_BASE_URL: baseUrl, CACHE_MEMORY_MB: '0' }) }),
    ];
  });

  afterAll(async () => {
    for (const gateway of gateways) await gateway.stop();
    await cluster.stop();
  });

  beforeEach(async () => {
    await until(allUp);
    lines = eventLines();
    loads = gateways.map(({ url }) => startLoad({ url, ids: IDS, clients: CLIENTS }));
    await until(answersHits);
  });

  afterEach(async () => {
    await Promise.all(loads.map((load) => load.stop()));
  });

  const environment = (more: Record<string, string> = {}) => ({
    REDIS_URL: cluster.url,
    UPSTREAM_MAX_CONCURRENCY: '64',
    ...more,
  });

  const stateOf = async ({ url }: TestGateway) => (await get(`${url}/readyz`)).text;
  const allUp = async () =>
    (await Promise.all(gateways.map(stateOf))).every((text) => text.includes('"redis":"up"'));
  const allDown = async () =>
    (await Promise.all(gateways.map(stateOf))).every((text) => text.includes('"redis":"down"'));

  /** Every gateway's latest answers, one for each call, are hits. */
  const answersHits = () =>
    loads.every(({ answers }) => {
      const latest = answers.slice(-IDS.length);
      return latest.length === IDS.length && latest.every(({ cacheStatus }) => cacheStatus.includes('; hit'));
    });

  /** Ends the load and looks at all that it was answered. */
  const expectNoHarm = async () => {
    const answers = (await Promise.all(loads.map((load) => load.stop()))).flat();
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(BOUND_MS);
    for (const [i, count] of eventLines().entries()) expect(count - (lines[i] ?? 0)).toBeLessThan(15);
  };

  /** How many lines each gateway has logged besides one for each request. */
  const eventLines = () =>
    gateways.map(({ logLines }) => logLines.filter((line) => !line.includes('"msg":"request"')).length);

  /** Which calls a server keeps, with their slots. */
  const callsAt = async (server: RedisServer | undefined) => {
    const keys = (await command(server, 'KEYS', '*')).split(',').filter(Boolean);
    return keys.map((key) => ({ id: key.slice(key.lastIndexOf(':') + 1), slot: slotOf(key) }));
  };

  const readsAt = async (servers: readonly RedisServer[]) => {
    const stats = await Promise.all(servers.map((server) => command(server, 'INFO', 'commandstats')));
    return stats.map((text) => Number(/cmdstat_get:calls=(\d+)/.exec(text)?.[1] ?? 0)).join();
  };

  /** Hits of the first two gateways come from their memory, so that Redis is not asked for them. */
  const untilTiersAnswer = async (id: string, servers: readonly RedisServer[] = cluster.masters) => {
    await Promise.all(loads.map((load) => load.stop()));
    await until(async () => {
      const before = await readsAt(servers);
      for (const { url } of gateways.slice(0, 2)) await get(`${url}/calls/${id}`);
      return (await readsAt(servers)) === before;
    });
  };

  /** What one gateway fetches anew, the others answer from then on. */
  const expectNewsToSpread = async (id: string) => {
    minute += 1;
    const modified = `2026-06-01T12:${String(minute).padStart(2, '0')}:00Z`;
    gateways[0]?.simulator.putCall(id, { state: 'FINISHED', modified });
    let news = '';
    // Not what a fetch of the load came to that was under way.
    await until(async () => {
      const { headers, text } = await get(`${gateways[0]?.url ?? ''}/calls/${id}`, AGAIN);
      news = text;
      return String(headers['cache-status']).includes('; stored');
    });
    expect(news).toContain(`"modified":"${modified}"`);
    for (const { url } of gateways)
      await until(async () => (await get(`${url}/calls/${id}`)).text === news, 2_000);
  };

  it('answer from memory, and hear of a newer entry wherever its master is', async () => {
    await untilTiersAnswer('2001');
    for (const master of cluster.masters)
      for (const { id } of (await callsAt(master)).slice(0, 3)) await expectNewsToSpread(id);
    await expectNoHarm();
  });

  it('go on while slots move to another master, and still hear of newer entries', async () => {
    const [from, to] = [cluster.masters[0], cluster.masters[1]];
    if (from === undefined || to === undefined) throw new Error('No masters');
    const moving = (await callsAt(from)).slice(0, 10);
    for (const [i, { id, slot }] of moving.entries()) {
      await cluster.moveSlot(slot, from, to);
      if (i % 5 === 0) await expectNewsToSpread(id);
    }
    await until(answersHits);
    const moved = (await callsAt(to)).map(({ id }) => id);
    expect(moved).toEqual(expect.arrayContaining(moving.map(({ id }) => id)));
    for (const { id } of moving.slice(-5)) await expectNewsToSpread(id);
    await untilTiersAnswer(moving[0]?.id ?? '');
    await expectNoHarm();
  });

  it('go on while a master is frozen, and take it up again when it is thawed', async () => {
    const frozen = cluster.masters[2];
    frozen?.freeze();
    try {
      await until(allDown);
      const asked = loads.map(({ answers }) => answers.length);
      // Each call again, and some more.
      await until(() => loads.every(({ answers }, i) => answers.length > (asked[i] ?? 0) + 2 * IDS.length));
    } finally {
      frozen?.thaw();
    }
    await until(allUp);
    await until(answersHits);
    await expectNewsToSpread('2001');
    await untilTiersAnswer('2001');
    await expectNoHarm();
  });

  it('go on without a master that is killed, and take it up again when it is back', async () => {
    await cluster.masters[1]?.kill();
    await until(allDown);
    // It has no replica, so the other masters refuse all keys once they know.
    await until(async () =>
      (await command(cluster.masters[2], 'CLUSTER', 'INFO')).includes('cluster_state:fail'),
    );
    const asked = loads.map(({ answers }) => answers.length);
    await until(() => loads.every(({ answers }, i) => answers.length > (asked[i] ?? 0) + IDS.length));
    await cluster.masters[1]?.restart();
    await until(allUp);
    await until(answersHits);
    await expectNewsToSpread('2001');
    await untilTiersAnswer('2001');
    await expectNoHarm();
  });

  it('follow the replica that takes the place of a killed master', async () => {
    await cluster.masters[0]?.kill();
    await until(allDown);
    await until(allUp);
    await until(answersHits);
    const replica = cluster.replicas[0];
    expect(await command(replica, 'ROLE')).toContain('master');
    const id = (await callsAt(replica))[0]?.id ?? '';
    await expectNewsToSpread(id);
    await untilTiersAnswer(id, [...cluster.masters.slice(1), ...cluster.replicas]);
    await expectNoHarm();
  });
});
