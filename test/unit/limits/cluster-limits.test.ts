import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCallCache, type OpenCallCache } from '../../../src/cache/create-call-cache.js';
import { createLimitKeyMaker } from '../../../src/cache/keys.js';
import { slotOf } from '../../../src/cache/redis/key-slot.js';
import { parseRedisUrl } from '../../../src/cache/redis/redis-url.js';
import { createLimits } from '../../../src/limits/create-limits.js';
import type { Limits } from '../../../src/limits/limits.js';
import { RecordingLog } from '../../support/recording-log.js';
import { command, startRedisCluster, type TestCluster } from '../../support/redis-cluster.js';
import { until } from '../../support/until.js';
import { SHARED } from '../cache/entries.js';

const SLOTS = 16_384;
const limit = { requests: 5, seconds: 3_600 };
const keyOf = createLimitKeyMaker(SHARED.prefix);

describe('createLimits with a Redis Cluster', () => {
  let cluster: TestCluster;
  const open: OpenCallCache[] = [];

  beforeAll(async () => {
    cluster = await startRedisCluster();
  });

  afterAll(async () => {
    await Promise.all(open.map((cache) => cache.close()));
    await cluster.stop();
  });

  const openLimits = async () => {
    const cache = createCallCache({
      redis: parseRedisUrl(cluster.url),
      redisTimeoutMs: 300,
      maxBytes: 0,
      ...SHARED,
      log: new RecordingLog(),
    });
    open.push(cache);
    await until(() => cache.state() === 'up');
    return createLimits({ redis: cache.redis, keyOf });
  };

  /** A consumer whose counter the so-manieth master keeps. */
  const consumerAt = (master: number, test: string): string => {
    for (let i = 0; ; i += 1)
      if (Math.floor((slotOf(keyOf(`${test}${i}`, limit.seconds)) * 3) / SLOTS) === master)
        return `${test}${i}`;
  };

  const takeTen = async (gateways: readonly Limits[], name: string) => {
    let granted = 0;
    for (let i = 0; i < 10; i += 1)
      for (const limits of gateways) if ((await limits.take(name, limit)).granted) granted += 1;
    return granted;
  };

  it('counts each consumer at the master that serves its key', async () => {
    const gateways = [await openLimits(), await openLimits()];
    for (const [i, master] of cluster.masters.entries()) {
      const name = consumerAt(i, 'each');
      expect(await takeTen(gateways, name)).toBe(5);
      expect(await command(master, 'EXISTS', keyOf(name, limit.seconds))).toBe('1');
    }
  });

  it('goes on with the same counter when its slot has moved', async () => {
    const [from, to] = [cluster.masters[0], cluster.masters[2]];
    if (from === undefined || to === undefined) throw new Error('No masters');
    const [one, two] = [await openLimits(), await openLimits()];
    const name = consumerAt(0, 'moved');
    await one.take(name, limit);
    await two.take(name, limit);
    await cluster.moveSlot(slotOf(keyOf(name, limit.seconds)), from, to);
    expect(await takeTen([one, two], name)).toBe(3);
    expect(Number(await command(to, 'GET', keyOf(name, limit.seconds)))).toBeGreaterThanOrEqual(5);
  });
});
