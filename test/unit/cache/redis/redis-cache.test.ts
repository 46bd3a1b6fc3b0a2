import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createCallCache } from '../../../../src/cache/create-call-cache.js';
import { parseRedisUrl } from '../../../../src/cache/redis/redis-url.js';
import type { OpenCallCache } from '../../../../src/cache/create-call-cache.js';
import { CHECKED_FROM, encodeEntry } from '../../../../src/cache/redis/entry-codec.js';
import { startRedisServer } from '../../../support/redis-server.js';
import type { RedisServer } from '../../../support/redis-server.js';
import { until } from '../../../support/until.js';
import { anEntry, finished, SHARED } from '../entries.js';
import { RecordingLog } from '../../../support/recording-log.js';

const KEY = 'callfire-gateway:v1:a:224205636001';
const TIMEOUT_MS = 300;
const OF_LAYOUT_1 =
  'callfire-entry/1 861c267036914d6d893c80ae4172521eee128b17 callfire-gateway:v1:a:224205636001 ' +
  '9000000000000 2 9999999999999 9999999999999 1402947314000 "0123456789abcdefghijkl"\n{"id":"224205636001"}';

describe('createCallCache with Redis', () => {
  let server: RedisServer;
  let admin: Redis;
  let log: RecordingLog;
  let open: OpenCallCache;

  beforeEach(async () => {
    server = await startRedisServer();
    // Its own failures while the server is away are no concern of the tests.
    admin = new Redis(server.url).on('error', () => undefined);
    open = openCache(server.url);
    await until(() => open.state() === 'up');
  });

  afterEach(async () => {
    admin.disconnect();
    await open.close();
    await server.stop();
  });

  const openCache = (redisUrl: string) => {
    log = new RecordingLog();
    return createCallCache({
      redis: parseRedisUrl(redisUrl),
      redisTimeoutMs: TIMEOUT_MS,
      maxBytes: 0,
      ...SHARED,
      log,
    });
  };

  /** How long a request that looks and then stores would wait, in ms. */
  const lookAndStore = async () => {
    const begun = performance.now();
    const found = await open.cache.get(KEY);
    const put = await open.cache.put(KEY, anEntry());
    return { found, put, ms: performance.now() - begun };
  };

  const newer = anEntry({
    version: finished(9_000_000_000_000),
    body: '{"id":"224205636001","state":"FINISHED"}',
  });
  const valid = encodeEntry(KEY, newer);
  const badValues: [string, (client: Redis) => Promise<unknown>][] = [
    ['truncated', (client) => client.set(KEY, valid.subarray(0, -1))],
    ['longer', (client) => client.append(KEY, 'x')],
    [
      'with one bit changed in its body',
      (client) => client.setbit(KEY, valid.length * 8 - 1, valid.at(-1) === 125 ? 0 : 1),
    ],
    ['with another version in its fields', (client) => client.setbit(KEY, CHECKED_FROM * 8 + 71, 1)],
    ['from another key', (client) => client.set(KEY, encodeEntry(`${KEY}1`, newer))],
    ['of a later layout', (client) => client.setrange(KEY, 0, 'cf3')],
    ['of the layout before', (client) => client.set(KEY, OF_LAYOUT_1)],
    ['that is JSON', (client) => client.set(KEY, '{"modified":"2999-01-01T00:00:00Z"}')],
    ['that is empty', (client) => client.set(KEY, '')],
    ['that is a hash', async (client) => [await client.del(KEY), await client.hset(KEY, 'a', '1')]],
    ['that is a list', async (client) => [await client.del(KEY), await client.rpush(KEY, 'a')]],
  ];

  it.each(badValues)('takes a value %s for a miss, and the next put replaces it', async (_name, spoil) => {
    await admin.set(KEY, valid);
    await spoil(admin);
    expect(await open.cache.get(KEY)).toBeUndefined();
    const entry = anEntry({ version: finished(1) });
    expect(await open.cache.put(KEY, entry)).toBe('stored');
    expect(await open.cache.get(KEY)).toEqual(entry);
  });

  it.each([
    ['without modified by another end state with one', finished(null), { modifiedMs: 5, rank: 1 }],
    ['with modified by another end state without', finished(5), { modifiedMs: null, rank: 1 }],
    ['by a call in progress that claims to be newer', finished(5), { modifiedMs: 9, rank: 0 }],
    ['by a millisecond fraction less', finished(5.25), finished(5.125)],
  ] as const)('does not let a finished call be replaced: %s', async (_name, held, offered) => {
    const entry = anEntry({ version: held });
    expect(await open.cache.put(KEY, entry)).toBe('stored');
    expect(await open.cache.put(KEY, anEntry({ version: offered }))).toBe('newer-kept');
    expect(await open.cache.get(KEY)).toEqual(entry);
  });

  it('does without a database that the server does not have, instead of using another', async () => {
    await open.close();
    open = openCache(`${server.url}/99`);
    await until(() => log.messages('warn').length > 0);
    await open.opened(TIMEOUT_MS);
    expect(open.state()).toBe('down');
    expect(await open.cache.put(KEY, anEntry())).toBe('failed');
  });

  it('one bad value does not spoil the others that are read with it', async () => {
    await admin.rpush(`${KEY}1`, 'a');
    await open.cache.put(KEY, anEntry());
    const found = await Promise.all([
      open.cache.get(`${KEY}1`),
      open.cache.get(KEY),
      open.cache.get(`${KEY}2`),
    ]);
    expect(found.map((entry) => entry !== undefined)).toEqual([false, true, false]);
  });

  it('lets Redis drop an entry at its usableUntil', async () => {
    await open.cache.put(KEY, anEntry({ usableUntil: Date.now() + 60_000 }));
    const left = await admin.pttl(KEY);
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('costs a request its time limit once while Redis is frozen, then nothing, and finds Redis again', async () => {
    await open.cache.put(KEY, anEntry());
    server.freeze();
    const first = await lookAndStore();
    expect(first).toMatchObject({ found: undefined, put: 'failed' });
    expect(first.ms).toBeLessThan(TIMEOUT_MS * 1.8);
    expect(open.state()).toBe('down');

    const begun = performance.now();
    for (let i = 0; i < 1_000; i += 1) await lookAndStore();
    expect(performance.now() - begun).toBeLessThan(TIMEOUT_MS);

    server.thaw();
    await until(() => open.state() === 'up');
    expect(await open.cache.get(KEY)).toBeDefined();
    expect(log.messages('warn')).toHaveLength(1);
  });

  it('gives up a connection that stays silent, and finds Redis again afterwards', async () => {
    const clientId = async () =>
      /id=(\d+) (?!.*cmd=client)/.exec(String(await admin.call('CLIENT', 'LIST')))?.[1];
    const before = await clientId();
    server.freeze();
    await lookAndStore();
    await until(() => log.messages('warn').some((message) => message.startsWith('Trouble')));
    server.thaw();
    await until(() => open.state() === 'up');
    expect(await clientId()).not.toBe(before);
    expect(await lookAndStore()).toMatchObject({ put: 'stored' });
  });

  it('goes on without a Redis that was killed, and uses it again when it is back', async () => {
    await server.kill();
    await until(() => open.state() === 'down');
    const without = await lookAndStore();
    expect(without).toMatchObject({ found: undefined, put: 'failed' });
    expect(without.ms).toBeLessThan(TIMEOUT_MS);

    await server.restart();
    await until(() => open.state() === 'up');
    expect(await lookAndStore()).toMatchObject({ found: undefined, put: 'stored' });
    expect(await open.cache.get(KEY)).toBeDefined();
  });

  it('starts without Redis, and uses it when it comes', async () => {
    await server.kill();
    const late = openCache(server.url);
    expect(late.state()).toBe('down');
    expect(await late.cache.get(KEY)).toBeUndefined();
    expect(await late.cache.put(KEY, anEntry())).toBe('failed');

    await server.restart();
    await until(() => late.state() === 'up');
    expect(await late.cache.put(KEY, anEntry())).toBe('stored');
    await late.close();
  });

  it('goes on reading from a Redis that is full', async () => {
    await open.cache.put(KEY, anEntry());
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await admin.config('SET', 'maxmemory', '1');
    expect(await open.cache.put(`${KEY}1`, anEntry())).toBe('failed');
    expect(await open.cache.get(KEY)).toBeDefined();
    expect(open.state()).toBe('up');

    await admin.config('SET', 'maxmemory', '0');
    expect(await open.cache.put(`${KEY}1`, anEntry())).toBe('stored');
  });

  it('has misses after a flush, also of the scripts', async () => {
    await open.cache.put(KEY, anEntry());
    await admin.flushall();
    await admin.script('FLUSH');
    expect(await open.cache.get(KEY)).toBeUndefined();
    expect(await open.cache.put(KEY, anEntry())).toBe('stored');
    expect(await open.cache.get(KEY)).toBeDefined();
  });

  it('finds another master after this one became a replica', async () => {
    await open.cache.put(KEY, anEntry());
    await admin.replicaof('127.0.0.1', 1);
    expect(await open.cache.put(KEY, anEntry())).toBe('failed');
    await until(async () => (await open.cache.get(KEY)) !== undefined);
    await admin.replicaof('NO', 'ONE');
    await until(async () => (await open.cache.put(KEY, anEntry())) === 'stored');
  });

  it('takes up a Redis that did not know its password, once it does, and never logs the password', async () => {
    await admin.config('SET', 'requirepass', 'other');
    const stranger = openCache(server.url.replace('//', '//:hunter2@'));
    await until(() => log.messages('warn').length > 0);
    expect(stranger.state()).toBe('down');
    expect(await stranger.cache.get(KEY)).toBeUndefined();

    await admin.config('SET', 'requirepass', 'hunter2');
    await until(() => stranger.state() === 'up');
    expect(await stranger.cache.put(KEY, anEntry())).toBe('stored');
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
    await stranger.close();
  });

  it('stays out of a Redis that forbids its commands, without leaving it', async () => {
    await admin.acl('SETUSER', 'reader', 'on', '>secret', '~*', '+@all', '-@scripting');
    const reader = openCache(server.url.replace('//', '//reader:secret@'));
    await until(() => reader.state() === 'up');
    expect(await reader.cache.put(KEY, anEntry())).toBe('failed');
    await open.cache.put(KEY, anEntry());
    expect(await reader.cache.get(KEY)).toBeDefined();
    expect(log.lines.at(-1)).toMatchObject({ level: 'warn', fields: { command: 'put', reason: 'NOPERM' } });
    await reader.close();
  });

  it('finishes what was sent before it closes, and does nothing afterwards', async () => {
    const put = open.cache.put(KEY, anEntry());
    await open.close();
    expect(await put).toBe('stored');
    expect(await open.cache.get(KEY)).toBeUndefined();
    expect(await admin.exists(KEY)).toBe(1);
  });

  it('closes in its time limit when Redis is frozen', async () => {
    server.freeze();
    const begun = performance.now();
    await open.close();
    expect(performance.now() - begun).toBeLessThan(TIMEOUT_MS * 1.8);
  });
});
