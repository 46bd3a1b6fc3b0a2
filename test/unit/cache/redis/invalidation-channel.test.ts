import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createCallCache } from '../../../../src/cache/create-call-cache.js';
import { parseRedisUrl } from '../../../../src/cache/redis/redis-url.js';
import type { OpenCallCache } from '../../../../src/cache/create-call-cache.js';
import { startRedisServer } from '../../../support/redis-server.js';
import type { RedisServer } from '../../../support/redis-server.js';
import { until } from '../../../support/until.js';
import { SHARED, anEntry, finished } from '../entries.js';
import { RecordingLog } from '../../../support/recording-log.js';

const KEY = 'callfire-gateway:v1:a:224205636001';

describe('createCallCache with Redis and a memory tier', () => {
  let server: RedisServer;
  let admin: Redis;
  let log: RecordingLog;
  let open: OpenCallCache;

  beforeEach(async () => {
    server = await startRedisServer();
    admin = new Redis(server.url).on('error', () => undefined);
    open = openCache();
    await until(() => open.state() === 'up');
    await open.cache.put(KEY, anEntry());
    await untilHeld();
  });

  afterEach(async () => {
    admin.disconnect();
    await open.close();
    await server.stop();
  });

  const openCache = (url = server.url) => {
    log = new RecordingLog();
    return createCallCache({
      redis: parseRedisUrl(url),
      redisTimeoutMs: 200,
      maxBytes: 1_000_000,
      ...SHARED,
      log,
    });
  };

  /** Reads until the tier holds the entry, which it does only once Redis announces changes. */
  const untilHeld = () =>
    until(async () => {
      await open.cache.get(KEY);
      return open.cache.peek(KEY) !== undefined;
    });
  const untilForgotten = () => until(() => open.cache.peek(KEY) === undefined);

  const connections = async (kind: 'normal' | 'pubsub') =>
    String(await admin.call('CLIENT', 'LIST', 'TYPE', kind))
      .split('\n')
      .filter((line) => line.includes('id=') && !line.includes('cmd=client'))
      .map((line) => /id=(\d+)/.exec(line)?.[1] ?? '');

  const changes: [string, () => Promise<unknown>][] = [
    ['writes the key', () => admin.set(KEY, 'x')],
    ['deletes the key', () => admin.del(KEY)],
    [
      'lets the key expire',
      async () => {
        await admin.pexpire(KEY, 1);
        await until(async () => (await admin.exists(KEY)) === 0);
      },
    ],
    ['empties the database', () => admin.flushdb()],
    ['empties the server', () => admin.flushall()],
  ];

  it.each(changes)('forgets an entry when another client %s', async (_name, change) => {
    await change();
    await untilForgotten();
    expect(await open.cache.get(KEY)).toBeUndefined();
  });

  it('forgets an entry when another process puts a newer one, and reads that', async () => {
    const other = openCache();
    await until(() => other.state() === 'up');
    const newer = anEntry({ version: finished(9_000_000_000_000) });
    await other.cache.put(KEY, newer);
    await untilForgotten();
    expect(await open.cache.get(KEY)).toEqual(newer);
    await other.close();
  });

  it('never shows an older entry after its own put', async () => {
    for (let i = 1; i <= 100; i += 1) {
      const version = finished(9_000_000_000_000 + i);
      const reads = [open.cache.get(KEY), open.cache.get(KEY)];
      await open.cache.put(KEY, anEntry({ version }));
      expect(open.cache.peek(KEY)?.version ?? version).toEqual(version);
      await Promise.all(reads);
      expect(open.cache.peek(KEY)?.version ?? version).toEqual(version);
      expect((await open.cache.get(KEY))?.version).toEqual(version);
    }
  });

  it.each(['normal', 'pubsub'] as const)(
    'is emptied when its %s connection is lost, and fills again',
    async (kind) => {
      const before = await connections(kind);
      for (const id of before) await admin.call('CLIENT', 'KILL', 'ID', id);
      await untilForgotten();
      await untilHeld();
      expect(await connections(kind)).not.toEqual(before);
      await admin.del(KEY);
      await untilForgotten();
    },
  );

  it('is emptied when Redis does not answer, and fills again when it does', async () => {
    server.freeze();
    await untilForgotten();
    server.thaw();
    await until(() => open.state() === 'up');
    await untilHeld();
    await admin.del(KEY);
    await untilForgotten();
  });

  it('is emptied when Redis is gone, and follows its successor', async () => {
    await server.kill();
    await untilForgotten();
    await server.restart();
    await until(() => open.state() === 'up');
    await open.cache.put(KEY, anEntry());
    await untilHeld();
    await admin.del(KEY);
    await untilForgotten();
  });

  it('stays off, and says so once, where Redis does not allow tracking', async () => {
    await admin.acl('SETUSER', 'plain', 'on', '>secret', '~*', '+@all', '-client|tracking');
    const plain = openCache(server.url.replace('//', '//plain:secret@'));
    await until(() => log.messages('warn').some((message) => message.includes('CLIENT TRACKING')));
    expect(await plain.cache.get(KEY)).toBeDefined();
    expect(plain.cache.peek(KEY)).toBeUndefined();
    expect(plain.state()).toBe('up');
    await plain.close();
  });

  it('is emptied when the listener hangs for a while although Redis is well, and fills again', async () => {
    const proxy = await startProxy(server.port);
    const proxied = openCache(`redis://127.0.0.1:${proxy.port}`);
    const held = async () => {
      await proxied.cache.get(KEY);
      return proxied.cache.peek(KEY) !== undefined;
    };
    await until(held);
    // The listener is what asks for a name.
    const resume = proxy.hang(/setname/i);
    await until(() => proxied.cache.peek(KEY) === undefined);
    expect(proxied.state()).toBe('up');
    resume();
    await until(held);
    await admin.del(KEY);
    await until(() => proxied.cache.peek(KEY) === undefined);
    await proxied.close();
    proxy.close();
  });

  it('fills again when one connection was made anew and has ended at another server, as after a failover', async () => {
    const proxy = await startProxy(server.port);
    const successor = await startRedisServer();
    const there = new Redis(successor.url);
    const proxied = openCache(`redis://127.0.0.1:${proxy.port}`);
    const held = async () => {
      await proxied.cache.get(KEY);
      return proxied.cache.peek(KEY) !== undefined;
    };
    await until(held);
    await there.set(KEY, (await admin.getBuffer(KEY)) ?? '');
    proxy.handOver(successor.port, /setname/i);
    await until(() => proxied.cache.peek(KEY) === undefined);
    await until(held);
    await there.del(KEY);
    await until(() => proxied.cache.peek(KEY) === undefined);
    expect(log.messages('warn').filter((message) => message.includes('TRACKING'))).toEqual([]);
    await proxied.close();
    there.disconnect();
    await successor.stop();
    proxy.close();
  });
});

/** Passes connections on to a port. `hang` leaves those open that sent such bytes, but gives them no answers. */
async function startProxy(port: number) {
  let to = port;
  const links: { near: Socket; far: Socket; sent: string }[] = [];
  const proxy = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    const link = { near, far, sent: '' };
    links.push(link);
    near.on('data', (bytes) => (link.sent += bytes.toString('latin1')));
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    /** Returns what lets the answers through again. */
    hang(pattern: RegExp) {
      const hanging = links.filter(({ sent }) => pattern.test(sent));
      for (const { near, far } of hanging) far.unpipe(near);
      return () => {
        for (const { near, far } of hanging) far.pipe(near);
      };
    },
    /** New connections go to another port; of those that are there only such remain that sent such bytes. */
    handOver(port: number, pattern: RegExp) {
      to = port;
      for (const { near, sent } of links) if (!pattern.test(sent)) near.destroy();
    },
    close() {
      proxy.close();
      for (const { near, far } of links) [near, far].forEach((socket) => socket.destroy());
    },
  };
}
