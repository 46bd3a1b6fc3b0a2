import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createCallCache, type OpenCallCache } from '../../../../src/cache/create-call-cache.js';
import { slotOf } from '../../../../src/cache/redis/key-slot.js';
import { parseRedisUrl } from '../../../../src/cache/redis/redis-url.js';
import { RecordingLog } from '../../../support/recording-log.js';
import { command, startRedisCluster, type TestCluster } from '../../../support/redis-cluster.js';
import { until } from '../../../support/until.js';
import { SHARED, anEntry, finished } from '../entries.js';

const TIMEOUT_MS = 300;
const SLOTS = 16_384;

describe('createCallCache with a Redis Cluster', () => {
  let cluster: TestCluster;
  let log: RecordingLog;
  const open: OpenCallCache[] = [];
  let tests = 0;

  beforeEach(() => {
    log = new RecordingLog();
    tests += 1;
  });

  beforeAll(async () => {
    // An operator's choice, with which the other masters go on when one is lost.
    cluster = await startRedisCluster({ replicas: 1, extraArgs: ['--cluster-require-full-coverage', 'no'] });
  });

  afterEach(async () => {
    for (const cache of open.splice(0)) await cache.close();
  });

  afterAll(() => cluster.stop());

  const openCache = async (maxBytes = 1_000_000, url = cluster.url) => {
    const cache = createCallCache({
      redis: parseRedisUrl(url),
      redisTimeoutMs: TIMEOUT_MS,
      maxBytes,
      ...SHARED,
      log,
    });
    open.push(cache);
    await until(() => cache.state() === 'up');
    return cache;
  };

  /** A key of this test that the so-manieth master serves. */
  const keyAt = (master: number): string => {
    for (let i = 0; ; i += 1) {
      const key = `callfire-gateway:v1:test${tests}:${i}`;
      if (Math.floor((slotOf(key) * cluster.masters.length) / SLOTS) === master) return key;
    }
  };

  const isHeld = async ({ cache }: OpenCallCache, key: string) => {
    await cache.get(key);
    return cache.peek(key) !== undefined;
  };

  it('finds all masters where it is told of one node', async () => {
    const url = cluster.masters[1]?.url ?? '';
    const { cache } = await openCache(0, `${url},${url}`);
    for (const master of [0, 1, 2]) {
      expect(await cache.put(keyAt(master), anEntry())).toBe('stored');
      expect(await cache.get(keyAt(master))).toBeDefined();
    }
  });

  it('steps around a frozen master at once, serves the keys of the others, and takes it up again', async () => {
    const cache = await openCache(0);
    for (const master of [0, 1, 2]) await cache.cache.put(keyAt(master), anEntry());
    cluster.masters[1]?.freeze();
    const begun = performance.now();
    for (let i = 0; i < 20; i += 1) {
      expect(await cache.cache.get(keyAt(1))).toBeUndefined();
      expect(await cache.cache.put(keyAt(1), anEntry())).toBe('failed');
      for (const well of [0, 2]) expect(await cache.cache.get(keyAt(well))).toBeDefined();
    }
    // 40 commands for the frozen master, of which one waited.
    expect(performance.now() - begun).toBeLessThan(10 * TIMEOUT_MS);
    expect(cache.state()).toBe('down');
    cluster.masters[1]?.thaw();
    await until(() => cache.state() === 'up');
    expect(await cache.cache.get(keyAt(1))).toBeDefined();
    expect(log.messages('warn')).toEqual(['Redis is down; going on without it until it answers again']);
  });

  it('writes to the new master of a slot that has moved, and has other processes forget what they had', async () => {
    const [from, to] = [cluster.masters[0], cluster.masters[2]];
    if (from === undefined || to === undefined) throw new Error('No masters');
    const writer = await openCache();
    const reader = await openCache();
    const key = keyAt(0);
    await writer.cache.put(key, anEntry());
    await until(() => isHeld(reader, key));
    await cluster.moveSlot(slotOf(key), from, to);
    const version = finished(9_000_000_000_000);
    expect(await writer.cache.put(key, anEntry({ version }))).toBe('stored');
    await until(async () => (await reader.cache.get(key))?.version.modifiedMs === version.modifiedMs);
    await until(() => isHeld(reader, key));
    expect(await command(to, 'EXISTS', key)).toBe('1');
    await command(to, 'DEL', key);
    await until(() => reader.cache.peek(key) === undefined);
  });

  it('believes a master no longer that has become a replica, although it answers as before', async () => {
    const writer = await openCache();
    const reader = await openCache();
    const key = keyAt(0);
    await writer.cache.put(key, anEntry());
    await until(() => isHeld(reader, key));
    await command(cluster.replicas[0], 'CLUSTER', 'FAILOVER');
    await until(async () => (await command(cluster.replicas[0], 'ROLE')).startsWith('master'));
    const version = finished(9_000_000_000_000);
    await until(async () => (await writer.cache.put(key, anEntry({ version }))) === 'stored');
    await until(() => (reader.cache.peek(key)?.version ?? version) === version);
    await until(async () => (await reader.cache.get(key))?.version.modifiedMs === version.modifiedMs);
    await until(() => isHeld(reader, key));
    await command(cluster.replicas[0], 'DEL', key);
    await until(() => reader.cache.peek(key) === undefined);
  });

  it('goes on without a word too many where none of the named nodes is there', async () => {
    const url = 'redis://127.0.0.1:1';
    const cache = createCallCache({
      redis: parseRedisUrl(`${url},${url}`),
      redisTimeoutMs: TIMEOUT_MS,
      maxBytes: 1_000_000,
      ...SHARED,
      log,
    });
    open.push(cache);
    await until(() => log.messages('warn').length > 0);
    await cache.opened(TIMEOUT_MS);
    expect(cache.state()).toBe('down');
    expect(await cache.cache.get('a')).toBeUndefined();
    expect(await cache.cache.put('a', anEntry())).toBe('failed');
    expect(log.lines).toHaveLength(1);
  });

  it('doubts what it has in memory of a lost master, and goes on to trust the others', async () => {
    const cache = await openCache();
    await Promise.all([2, 1].map((master) => cache.cache.put(keyAt(master), anEntry())));
    await until(async () => (await isHeld(cache, keyAt(2))) && (await isHeld(cache, keyAt(1))));
    await cluster.masters[2]?.kill();
    await until(() => cache.cache.peek(keyAt(2)) === undefined);
    await until(() => isHeld(cache, keyAt(1)));
    await command(cluster.masters[1], 'DEL', keyAt(1));
    await until(() => cache.cache.peek(keyAt(1)) === undefined);
  });
});
