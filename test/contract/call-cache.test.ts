import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createCallCache } from '../../src/cache/create-call-cache.js';
import { parseRedisUrl } from '../../src/cache/redis/redis-url.js';
import type { OpenCallCache } from '../../src/cache/create-call-cache.js';
import type { CacheKeeper } from '../../src/calls/cache-keeper.js';
import type { CallCache } from '../../src/calls/call-cache.js';
import type { CallVersion } from '../../src/calls/call-entry.js';
import { startRedisCluster } from '../support/redis-cluster.js';
import { startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { anEntry, finished, SHARED } from '../unit/cache/entries.js';
import { RecordingLog } from '../support/recording-log.js';

const TIER_BYTES = 1_000_000;

/** Where the entries of an adapter are, and how one process reaches them. */
interface Adapter {
  readonly name: string;
  readonly start: () => Promise<{ url: string | undefined; stop: () => Promise<void> }>;
  readonly maxBytes: number;
}

const adapters: Adapter[] = [
  {
    name: 'memory',
    start: () => Promise.resolve({ url: undefined, stop: () => Promise.resolve() }),
    maxBytes: TIER_BYTES,
  },
  { name: 'Redis', start: startRedisServer, maxBytes: 0 },
  { name: 'Redis with a memory tier', start: startRedisServer, maxBytes: TIER_BYTES },
  { name: 'Redis Cluster', start: startRedisCluster, maxBytes: 0 },
  { name: 'Redis Cluster with a memory tier', start: startRedisCluster, maxBytes: TIER_BYTES },
];

describe.each(adapters)('CallCache: $name', ({ start, maxBytes }) => {
  let server: Awaited<ReturnType<Adapter['start']>>;
  let open: OpenCallCache;
  let cache: CallCache;
  let keeper: CacheKeeper;
  let key: string;
  let now: number;
  let keys = 0;

  beforeAll(async () => {
    server = await start();
    open = openCache();
    ({ cache, keeper } = open);
    await until(() => open.state() !== 'down');
  });

  afterAll(async () => {
    await open.close();
    await server.stop();
  });

  beforeEach(() => {
    now = Date.now();
    key = `callfire-gateway:v1:contract:${(keys += 1)}`;
  });

  const openCache = () =>
    createCallCache({
      redis: server.url === undefined ? undefined : parseRedisUrl(server.url),
      redisTimeoutMs: 2_000,
      maxBytes,
      ...SHARED,
      log: new RecordingLog(),
      now: () => now,
    });

  it('has nothing under a key that nobody put', async () => {
    expect(await cache.get(key)).toBeUndefined();
    expect(cache.peek(key)).toBeUndefined();
  });

  it.each([
    ['plain', '{"id":"1"}'],
    ['non-ASCII', Buffer.from('{"note":"Grüße, 你好 🙂"}', 'utf8').toString('latin1')],
    ['every byte', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')],
    ['large', '"'.padEnd(300_000, 'long ')],
  ])('gives back what was put: %s body', async (_name, body) => {
    const entry = anEntry({ body });
    expect(await cache.put(key, entry)).toBe('stored');
    expect(await cache.get(key)).toEqual(entry);
    expect(cache.peek(key) ?? entry).toEqual(entry);
  });

  it('keeps entries that are no longer fresh', async () => {
    await cache.put(key, anEntry({ freshUntil: now - 1 }));
    expect(await cache.get(key)).toBeDefined();
  });

  const versions: { case: string; held: CallVersion; put: CallVersion; result: 'stored' | 'newer-kept' }[] = [
    { case: 'a later modified', held: finished(1_000), put: finished(2_000), result: 'stored' },
    { case: 'an earlier modified', held: finished(2_000), put: finished(1_000), result: 'newer-kept' },
    { case: 'the same version', held: finished(1_000), put: finished(1_000), result: 'stored' },
    { case: 'more digits', held: finished(999), put: finished(1_402_947_314_000), result: 'stored' },
    { case: 'before 1970', held: finished(1_000), put: finished(-1_000), result: 'newer-kept' },
    { case: 'modified unknown', held: finished(1_000), put: finished(null), result: 'stored' },
    { case: 'modified unknown before', held: finished(null), put: finished(1_000), result: 'stored' },
    { case: 'a lower rank', held: finished(1), put: { modifiedMs: 1, rank: 1 }, result: 'newer-kept' },
    { case: 'a higher rank', held: { modifiedMs: 1, rank: 1 }, put: finished(1), result: 'stored' },
    {
      case: 'a lower rank, modified unknown',
      held: finished(1),
      put: { modifiedMs: null, rank: 1 },
      result: 'newer-kept',
    },
    {
      case: 'a lower rank, modified later',
      held: finished(1),
      put: { modifiedMs: 2, rank: 1 },
      result: 'stored',
    },
    { case: 'in progress again', held: finished(1), put: { modifiedMs: 2, rank: 0 }, result: 'newer-kept' },
  ];

  it.each(versions)('decides which version to keep: $case', async ({ held, put, result }) => {
    const first = anEntry({ version: held, body: 'first' });
    const second = anEntry({ version: put, body: 'second' });
    await cache.put(key, first);
    expect(await cache.get(key)).toEqual(first);
    expect(await cache.put(key, second)).toBe(result);
    const expected = result === 'stored' ? second : first;
    expect(cache.peek(key) ?? expected).toEqual(expected);
    expect(await cache.get(key)).toEqual(expected);
  });

  it('drops an entry when its usableUntil has passed', async () => {
    await cache.put(key, anEntry({ usableUntil: now + 60_000 }));
    expect(await cache.get(key)).toBeDefined();
    now += 60_000;
    expect(await cache.get(key)).toBeUndefined();
    expect(cache.peek(key)).toBeUndefined();
  });

  it('lets an older version take the place of one whose usableUntil has passed', async () => {
    await cache.put(key, anEntry({ version: finished(2), usableUntil: now + 60_000 }));
    now += 60_000;
    const older = anEntry({ version: finished(1), usableUntil: now + 60_000 });
    expect(await cache.put(key, older)).toBe('stored');
    expect(await cache.get(key)).toEqual(older);
  });

  it('does not take what is no longer usable', async () => {
    expect(await cache.put(key, anEntry({ usableUntil: now }))).toBe('failed');
    expect(await cache.get(key)).toBeUndefined();
  });

  it('says where an entry is, without taking it into memory', async () => {
    const entry = anEntry();
    await cache.put(key, entry);
    const { memory, redis, redisState } = await keeper.find(key);
    expect(memory ?? redis).toEqual(entry);
    expect(redisState).toBe(server.url === undefined ? 'none' : 'up');
    expect((await keeper.find(key)).memory).toEqual(server.url === undefined ? entry : undefined);
    expect(await keeper.find(`${key}9`)).toMatchObject({ memory: undefined, redis: undefined });
  });

  it('has nothing of a call that was purged, and counts what was there', async () => {
    await cache.put(key, anEntry());
    await cache.get(key);
    expect(await keeper.purge(key)).toEqual({ removed: 1, complete: true });
    expect(cache.peek(key)).toBeUndefined();
    expect(await cache.get(key)).toBeUndefined();
    expect(await keeper.purge(key)).toEqual({ removed: 0, complete: true });
    expect(await cache.put(key, anEntry({ version: finished(1) }))).toBe('stored');
  });

  it("purges an account's calls, however many, and nobody else's", async () => {
    const start = `callfire-gateway:v1:one*${(keys += 1)}:`;
    const others = [`${start.replace('*', 'x')}1`, `${start.slice(0, -1)}0:1`];
    const all = Array.from({ length: 700 }, (_, id) => `${start}${id + 1}`);
    await Promise.all([...all, ...others].map((one) => cache.put(one, anEntry())));
    await cache.get(`${start}1`);

    expect(await keeper.purgeAll(start)).toEqual({ removed: 700, complete: true });
    expect(await Promise.all(all.map((one) => cache.get(one)))).toEqual(all.map(() => undefined));
    for (const other of others) expect(await cache.get(other)).toBeDefined();
  });

  it('ends with the newest of many concurrent puts', async () => {
    const other = server.url === undefined ? open : openCache();
    await until(() => other.state() !== 'down');
    const order = Array.from({ length: 40 }, (_, i) => (i * 17) % 40);
    await Promise.all(
      order.map((modifiedMs, i) =>
        (i % 2 ? cache : other.cache).put(key, anEntry({ version: finished(modifiedMs) })),
      ),
    );
    expect((await cache.get(key))?.version.modifiedMs).toBe(39);
    if (other !== open) await other.close();
  });
});
