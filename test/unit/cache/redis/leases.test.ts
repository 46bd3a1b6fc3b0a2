import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { encodeEntry } from '../../../../src/cache/redis/entry-codec.js';
import { createRedisLeases } from '../../../../src/cache/redis/leases.js';
import { openRedisNode } from '../../../../src/cache/redis/redis-node.js';
import { parseRedisUrl } from '../../../../src/cache/redis/redis-url.js';
import type { AwaitedLease, CallLeases, FetchOutcome, HeldLease } from '../../../../src/calls/call-leases.js';
import { GatewayError } from '../../../../src/errors.js';
import { RecordingLog } from '../../../support/recording-log.js';
import { startRedisProxy } from '../../../support/redis-proxy.js';
import { startRedisServer } from '../../../support/redis-server.js';
import type { RedisServer } from '../../../support/redis-server.js';
import { until } from '../../../support/until.js';
import { anEntry, finished } from '../entries.js';

const TIMEOUT_MS = 300;
const LEASE_MS = 20_000;
/** Well before any lease expires, and long after everything else. */
const SOON_MS = 5_000;

interface Gateway {
  readonly leases: CallLeases;
  readonly log: RecordingLog;
  state(): 'up' | 'down';
  close(): Promise<void>;
}

interface Setup {
  readonly leaseMs?: number;
  /** Where it listens, if not where everything else is. */
  readonly listenAt?: string;
}

/** What one process has. */
function openGateway(url: string, { leaseMs = LEASE_MS, listenAt }: Setup = {}): Gateway {
  const log = new RecordingLog();
  const node = openRedisNode({ target: parseRedisUrl(url), timeoutMs: TIMEOUT_MS, log });
  const { connection, guard } = node;
  const openListener = (name: string) =>
    listenAt === undefined ? connection.openListener(name) : new Redis(listenAt);
  const leases = createRedisLeases({
    connection: { ...connection, openListener },
    guard,
    prefix: 'callfire-gateway',
    leaseMs,
    timeoutMs: TIMEOUT_MS,
    log,
    now: Date.now,
  });
  return {
    leases,
    log,
    state: () => guard.state(),
    async close() {
      leases.close();
      await node.close();
    },
  };
}

async function untilShared({ leases }: Gateway): Promise<void> {
  await until(async () => {
    const lease = await leases.claim('callfire-gateway:v1:a:0');
    if (lease?.held === true) lease.end();
    return lease !== undefined;
  });
}

async function held({ leases }: Gateway, key: string): Promise<HeldLease> {
  const lease = await leases.claim(key);
  if (lease?.held !== true) throw new Error('Not held');
  return lease;
}

async function awaited({ leases }: Gateway, key: string): Promise<AwaitedLease> {
  const lease = await leases.claim(key);
  if (lease?.held !== false) throw new Error('Not awaited');
  return lease;
}

/** Tells whether it has settled by now. */
function watch(outcome: Promise<unknown>): () => boolean {
  let settled = false;
  void outcome.then(() => (settled = true));
  return () => settled;
}

describe('createRedisLeases', () => {
  let server: RedisServer;
  let admin: Redis;
  let a: Gateway;
  let b: Gateway;
  let c: Gateway;
  let opened: Gateway[] = [];
  let key: string;
  let keys = 0;

  beforeAll(async () => {
    server = await startRedisServer();
    admin = new Redis(server.url);
    [a, b, c] = [openGateway(server.url), openGateway(server.url), openGateway(server.url)];
    await Promise.all([a, b, c].map(untilShared));
  });

  afterAll(async () => {
    admin.disconnect();
    await Promise.all([a, b, c].map((gateway) => gateway.close()));
    await server.stop();
  });

  beforeEach(() => {
    key = `callfire-gateway:v1:a:${(keys += 1)}`;
  });

  afterEach(async () => {
    await Promise.all(opened.map((gateway) => gateway.close()));
    opened = [];
  });

  const open = async (url = server.url, setup: Setup = {}) => {
    const gateway = openGateway(url, setup);
    opened.push(gateway);
    await untilShared(gateway);
    return gateway;
  };
  const leaseKeys = () => admin.keys(`${key}:lease*`);
  /** How often Redis refused something to this user. */
  const refusals = async (user: string) => {
    const log = (await admin.call('ACL', 'LOG')) as (string | number)[][];
    const field = (line: (string | number)[], name: string) => line[line.indexOf(name) + 1];
    const counts = log.filter((line) => field(line, 'username') === user).map((line) => field(line, 'count'));
    return counts.reduce<number>((sum, count) => sum + Number(count), 0);
  };
  const leftMs = async () => admin.pttl((await leaseKeys())[0] ?? '');

  const now = Date.now();
  const entry = anEntry();
  const outcomes: [string, FetchOutcome][] = [
    ['an entry', { entry }],
    [
      'a call in progress',
      {
        entry: anEntry({
          version: { modifiedMs: 1, rank: 0 },
          fetchedAt: now,
          freshUntil: now,
          usableUntil: now,
        }),
      },
    ],
    ['an entry of 900 kB', { entry: anEntry({ body: 'x'.repeat(900_000) }) }],
    [
      'an error',
      { error: new GatewayError('call-not-found', 'None.', { upstream: { status: 404, message: 'none' } }) },
    ],
  ];

  it.each(outcomes)(
    'gives one the lease and tells the others what it came to: %s',
    async (_name, outcome) => {
      const lease = await held(a, key);
      const waiting = [await awaited(b, key), await awaited(c, key)];
      lease.end(outcome);
      for (const { outcome: told } of waiting) expect(await told).toEqual(outcome);
      expect(await leaseKeys()).toEqual([]);
    },
  );

  it('gives one the lease of many that claim at the same moment', async () => {
    for (let round = 0; round < 50; round += 1) {
      const claims = await Promise.all([a, b, c].map(({ leases }) => leases.claim(key)));
      const owners = claims.filter((claim) => claim?.held === true);
      expect(owners).toHaveLength(1);
      const waiting = claims.filter((claim) => claim?.held === false);
      for (const owner of owners) owner.end({ entry });
      const told = await Promise.all(waiting.map(({ outcome }) => outcome));
      expect(told).toEqual([{ entry }, { entry }]);
    }
  });

  it('lets those who wait claim again when there is no outcome', async () => {
    const lease = await held(a, key);
    const waiting = [await awaited(b, key), await awaited(c, key)];
    lease.end();
    for (const { outcome } of waiting) expect(await outcome).toBeUndefined();
    const next = await held(c, key);
    const { outcome } = await awaited(b, key);
    next.end({ entry });
    expect(await outcome).toEqual({ entry });
  });

  it('lets those who wait fetch alone when the outcome is larger than a mebibyte', async () => {
    const lease = await held(a, key);
    const { outcome } = await awaited(b, key);
    lease.end({ entry: anEntry({ body: 'x'.repeat(1_100_000) }) });
    expect(await outcome).toBe('untold');
    (await held(b, key)).end();
  });

  it('gives what the cache holds with the lease', async () => {
    await admin.set(key, encodeEntry(key, entry));
    const lease = await held(a, key);
    expect(lease.kept).toEqual(entry);
    lease.end();
  });

  it.each([
    ['nothing', () => Promise.resolve()],
    ['what is no entry', () => admin.set(key, 'x')],
    ['a list', () => admin.rpush(key, 'x')],
    [
      'what is not usable any more',
      () => admin.set(key, encodeEntry(key, anEntry({ usableUntil: now - 1 }))),
    ],
  ])('gives no entry where the cache holds %s', async (_name, put) => {
    await put();
    const lease = await held(a, key);
    expect(lease.kept).toBeUndefined();
    lease.end();
  });

  it('lets a lease expire that is not given back', async () => {
    const short = await open(server.url, { leaseMs: 100 });
    const lease = await held(a, key);
    expect(await leftMs()).toBeGreaterThan(LEASE_MS - SOON_MS);
    expect(await leftMs()).toBeLessThanOrEqual(LEASE_MS);
    lease.end();

    await held(short, key);
    const { outcome } = await awaited(b, key);
    await until(watch(outcome), SOON_MS);
    expect(await outcome).toBeUndefined();
    (await held(b, key)).end();
  });

  it('does not let one that lost its lease end or answer for the next owner', async () => {
    const short = await open(server.url, { leaseMs: 1 });
    const expired = await held(short, key);
    await until(async () => (await leaseKeys()).length === 0);
    const lease = await held(a, key);
    const { outcome } = await awaited(b, key);
    expired.end({ entry: anEntry({ version: finished(1) }) });
    // Its own connection is behind it once this is answered.
    await untilShared(short);
    expect(await leaseKeys()).toHaveLength(1);
    lease.end({ entry });
    expect(await outcome).toEqual({ entry });
  });

  it('frees those who wait for a process that is gone', async () => {
    const gone = await open();
    await held(gone, key);
    const first = await awaited(b, key);
    await gone.close();
    await until(watch(first.outcome), SOON_MS);
    expect(await first.outcome).toBeUndefined();
  });

  it('gives the lease of a process that is gone to the next who claims it, who tells those who waited', async () => {
    const gone = await open();
    await held(gone, key);
    const { outcome } = await awaited(c, key);
    await gone.close();
    const lease = await held(b, key);
    lease.end({ entry });
    expect(await outcome).toEqual({ entry });
  });

  it('takes a second claim of the same process for the only one that counts', async () => {
    const forgotten = await held(a, key);
    const lease = await held(a, key);
    const waiting = [await awaited(b, key), await awaited(b, key)];
    forgotten.end({ entry: anEntry({ version: finished(1) }) });
    lease.end({ entry });
    for (const { outcome } of waiting) expect(await outcome).toEqual({ entry });
  });

  it('frees those who wait when Redis is flushed', async () => {
    const lease = await held(a, key);
    const { outcome } = await awaited(b, key);
    await admin.flushall();
    lease.end({ entry });
    await until(watch(outcome), SOON_MS);
    expect(await outcome).toBeUndefined();
  });

  it('pays no attention to what others write into its channel', async () => {
    const lease = await held(a, key);
    const { outcome } = await awaited(b, key);
    for (const inbox of (await admin.pubsub('CHANNELS', 'callfire-gateway:inbox:*')) as string[]) {
      for (const text of ['', ' ', 'x', '0 x', '-1 callfire-error/1 {}']) await admin.publish(inbox, text);
    }
    lease.end({ entry });
    expect(await outcome).toEqual({ entry });
  });

  it('ends all waiting when it is closed, and has nothing to give any more', async () => {
    const closing = await open();
    const lease = await held(a, key);
    const { outcome } = await awaited(closing, key);
    await closing.close();
    expect(await outcome).toBeUndefined();
    expect(await closing.leases.claim(key)).toBeUndefined();
    lease.end();
  });

  it('ends all waiting at once when its channel is lost, gives up its leases, and goes on under another name', async () => {
    const channels = async () => (await admin.pubsub('CHANNELS', 'callfire-gateway:inbox:*')) as string[];
    const before = await channels();
    const lease = await held(a, key);
    const { outcome } = await awaited(b, key);
    const ended = watch(outcome);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await Promise.all([a, b, c].map(untilShared));
    expect(ended()).toBe(true);
    expect(await outcome).toBeUndefined();
    const next = await held(b, key);
    lease.end();
    expect(await leaseKeys()).toHaveLength(1);
    next.end();
    expect(before).toHaveLength(3);
    expect((await channels()).filter((name) => before.includes(name))).toEqual([]);
  });

  it('ends waiting when Redis does not allow to look after the lease any more', async () => {
    await admin.acl('SETUSER', 'demoted', 'on', '>secret', '~*', '&*', '+@all');
    const demoted = await open(server.url.replace('//', '//demoted:secret@'));
    const lease = await held(a, key);
    const { outcome } = await awaited(demoted, key);
    await admin.acl('SETUSER', 'demoted', '-eval', '-evalsha');
    await until(watch(outcome), SOON_MS);
    expect(await outcome).toBeUndefined();
    lease.end();
  });

  it('has nothing to give to a process that listens at another server, as in a failover', async () => {
    const other = await startRedisServer();
    const lost = openGateway(server.url, { listenAt: other.url });
    const listener = new Redis(other.url);
    await until(async () => lost.state() === 'up' && (await listener.pubsub('CHANNELS', '*')).length === 1);
    const lease = await held(a, key);
    expect(await lost.leases.claim(key)).toBeUndefined();
    lease.end();
    listener.disconnect();
    await lost.close();
    await other.stop();
  });

  it('gives back a lease that Redis granted after we had given up', async () => {
    const proxy = await startRedisProxy(server.port);
    const slow = await open(proxy.url);
    proxy.delay(TIMEOUT_MS * 1.5);
    const claim = slow.leases.claim(key);
    await until(async () => (await leaseKeys()).length === 1);
    expect(await claim).toBeUndefined();
    await until(async () => (await leaseKeys()).length === 0, SOON_MS);
    await slow.close();
    await proxy.stop();
  });

  it.each([
    ['channels', ['resetchannels'], ['&callfire-gateway:*']],
    ['scripts', ['&*', '-eval', '-evalsha'], ['+eval', '+evalsha']],
  ])(
    'has nothing to give without the right to use %s, says so once, and finds out when it has it',
    async (...rule) => {
      const [name, less, more] = rule;
      await admin.acl('SETUSER', name, 'on', '>secret', '~callfire-gateway:*', '+@all', ...less);
      const gateway = openGateway(server.url.replace('//', `//${name}:secret@`));
      opened.push(gateway);
      await until(() => gateway.state() === 'up');
      await until(async () => {
        expect(await gateway.leases.claim(key)).toBeUndefined();
        return (await refusals(name)) > 1;
      });
      expect(gateway.log.messages('warn')).toHaveLength(1);
      expect(gateway.state()).toBe('up');
      await admin.acl('SETUSER', name, ...more);
      await untilShared(gateway);
      const lease = await held(a, key);
      const { outcome } = await awaited(gateway, key);
      lease.end({ entry });
      expect(await outcome).toEqual({ entry });
    },
  );
});

describe('createRedisLeases, when Redis is unwell', () => {
  const KEY = 'callfire-gateway:v1:a:224205636001';
  let server: RedisServer;
  let a: Gateway;
  let b: Gateway;

  beforeEach(async () => {
    server = await startRedisServer();
    [a, b] = [openGateway(server.url), openGateway(server.url)];
    await Promise.all([a, b].map(untilShared));
  });

  afterEach(async () => {
    await Promise.all([a, b].map((gateway) => gateway.close()));
    await server.stop();
  });

  it('ends all waiting when Redis is killed, and shares again when it is back', async () => {
    const lease = await held(a, KEY);
    const { outcome } = await awaited(b, KEY);
    const ended = watch(outcome);
    await server.kill();
    await until(() => b.state() === 'down');
    expect(ended()).toBe(true);
    expect(await outcome).toBeUndefined();
    lease.end({ entry: anEntry() });
    expect(await b.leases.claim(KEY)).toBeUndefined();
    await server.restart();
    await Promise.all([a, b].map(untilShared));
    const next = await held(b, KEY);
    const waiting = await awaited(a, KEY);
    next.end({ entry: anEntry() });
    expect(await waiting.outcome).toBeDefined();
  });

  it('notices a frozen Redis while it does nothing but wait', async () => {
    await held(a, KEY);
    const { outcome } = await awaited(b, KEY);
    server.freeze();
    const begun = performance.now();
    expect(await outcome).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(TIMEOUT_MS * 3);
    server.thaw();
    await Promise.all([a, b].map(untilShared));
  });

  it('ends all waiting when Redis is frozen, after one time limit, and shares again when it runs', async () => {
    const lease = await held(a, KEY);
    const { outcome } = await awaited(b, KEY);
    const ended = watch(outcome);
    server.freeze();
    const begun = performance.now();
    expect(await b.leases.claim(`${KEY}1`)).toBeUndefined();
    expect(ended()).toBe(true);
    expect(await outcome).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(TIMEOUT_MS * 3);
    for (let i = 0; i < 1_000; i += 1) expect(await b.leases.claim(KEY)).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(TIMEOUT_MS * 6);
    lease.end({ entry: anEntry() });
    server.thaw();
    await Promise.all([a, b].map(untilShared));
    (await held(b, `${KEY}1`)).end();
  });
});

describe('createRedisLeases at a node of a Cluster', () => {
  const KEY = 'callfire-gateway:v1:a:224205636001';

  it('shares fetches of the calls that are there', async () => {
    const server = await startRedisServer(['--cluster-enabled', 'yes']);
    const admin = new Redis(server.url);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await until(async () => String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    const [a, b] = [openGateway(server.url), openGateway(server.url)];
    await Promise.all([a, b].map(untilShared));
    await admin.set(KEY, encodeEntry(KEY, anEntry()));
    const lease = await held(a, KEY);
    expect(lease.kept).toBeDefined();
    const { outcome } = await awaited(b, KEY);
    lease.end({ entry: anEntry() });
    expect(await outcome).toBeDefined();
    await Promise.all([a, b].map((gateway) => gateway.close()));
    admin.disconnect();
    await server.stop();
  });
});
