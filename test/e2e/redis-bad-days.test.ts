import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { freePort } from '../support/free-port.js';
import { get, startGateway, type TestGateway } from '../support/gateway.js';
import { startLoad, type Load, type LoadAnswer } from '../support/load.js';
import { startRedisProxy, type RedisProxy } from '../support/redis-proxy.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

/** Far above what a well Redis takes on a busy machine, far below what an unwell one would take. */
const TIMEOUT_MS = 400;
/** What a request may take without Redis, on a busy machine. */
const UPSTREAM_MS = 1_500;
const CLIENTS = 4;
const FROZEN_MS = 3_000;

const IN_PROGRESS = ['31', '32'];
const KNOWN = Array.from({ length: 8 }, (_, index) => String(2001 + index));

let redis: RedisServer;
let proxy: RedisProxy;
let inspect: Redis;
let gateways: TestGateway[] = [];
let loads: Load[] = [];
let watch: NodeJS.Timeout;
/** When this process, CallFire and callers included, got no time from its machine. Waiting for Redis is not among it. */
let pauses: { readonly from: number; readonly to: number }[] = [];

beforeEach(async () => {
  pauses = [];
  let from = performance.now();
  watch = setInterval(() => {
    const to = performance.now();
    if (to - from > 40) pauses.push({ from, to });
    from = to;
  }, 10);
  redis = await startRedisServer();
  inspect = new Redis(redis.url).on('error', () => undefined);
  proxy = await startRedisProxy(redis.port);
});

afterEach(async () => {
  clearInterval(watch);
  for (const load of loads.splice(0)) await load.stop();
  for (const gateway of gateways.splice(0).reverse()) await gateway.stop();
  inspect.disconnect();
  await proxy.stop();
  await redis.stop();
});

/** Two gateways on one Redis and before one CallFire; the first has memory in front of Redis. */
async function startTwo(redisUrl = proxy.url): Promise<void> {
  const environment = { REDIS_URL: redisUrl, REDIS_TIMEOUT_MS: String(TIMEOUT_MS) };
  const first = await startGateway({ environment });
  for (const id of IN_PROGRESS) first.simulator.putCall(id, { state: 'READY' });
  const sameCallFire = { CALLFIRE_BASE_URL: first.simulator.baseUrl, CACHE_MEMORY_MB: '0' };
  gateways = [first, await startGateway({ environment: { ...environment, ...sameCallFire } })];
}

/** Known calls, calls in progress, and calls that nobody asked for before, so that Redis is read and written all the time. */
function loadTwo(): void {
  loads = gateways.map(({ url }, index) => {
    const ids = Array.from({ length: 4_000 }, (_, n) => {
      const fresh = String(5_100_000_000 + 100_000_000 * index + n);
      return (n % 4 === 0 ? fresh : n % 4 === 1 ? IN_PROGRESS[(n >> 2) % 2] : KNOWN[(n >> 1) % 8]) ?? fresh;
    });
    return startLoad({ url, ids, clients: CLIENTS });
  });
}

let unheardOf = 5_900_000_000;

/** Resolves when each gateway answers from Redis what the other stored there. */
async function untilShared(): Promise<void> {
  for (const gateway of gateways) {
    await until(async () => (await get(`${gateway.url}/readyz`)).text.includes('"redis":"up"'));
  }
  for (const [one, other] of [gateways, [...gateways].reverse()]) {
    await until(async () => {
      const id = String((unheardOf += 1));
      await get(`${one?.url}/calls/${id}`);
      return String((await get(`${other?.url}/calls/${id}`)).headers['cache-status']).includes('; hit');
    });
  }
}

/** Resolves when each gateway has answered so many more requests of the load. */
async function untilAnswered(count: number): Promise<void> {
  const goals = loads.map(({ answers }) => answers.length + count);
  await until(() => loads.every(({ answers }, index) => answers.length >= (goals[index] ?? 0)), 20_000);
}

const bothDown = async (): Promise<boolean> => {
  const states = await Promise.all(gateways.map(async ({ url }) => (await get(`${url}/readyz`)).text));
  return states.every((text) => text.includes('"redis":"down"'));
};

interface BadDay {
  /** Redis falls ill. */
  readonly begin: () => unknown;
  /** Holds when the bad day has been seen. */
  readonly seen?: () => boolean | Promise<boolean>;
  /** Redis is well again. */
  readonly end: () => unknown;
}

interface Endured {
  /** Of each gateway, what was asked while the bad day lasted, or was under way when it began. */
  readonly during: readonly (readonly LoadAnswer[])[];
  /** What both gateways sent to the proxy while it lasted. */
  readonly commands: number;
  readonly bytes: number;
}

/** Load before, during and after the bad day. Checks what holds on every bad day. */
async function endure({ begin, seen = () => true, end }: BadDay): Promise<Endured> {
  if (loads.length === 0) {
    loadTwo();
    await untilAnswered(50);
    await untilShared();
  }
  const begun = performance.now();
  const before = { ...proxy.sent };
  await begin();
  await untilAnswered(150);
  await until(seen);
  const ended = performance.now();
  const sent = { commands: proxy.sent.commands - before.commands, bytes: proxy.sent.bytes - before.bytes };
  await end();
  await untilShared();
  await untilAnswered(50);
  const all = await Promise.all(loads.map((load) => load.stop()));
  for (const answers of all) expectGoodAnswers(answers);
  for (const gateway of gateways) expectFewLines(gateway);
  const during = all.map((answers) => answers.filter(({ at, ms }) => at + ms > begun && at < ended));
  return { during, ...sent };
}

/** Not one failed request, every body whole and of its call, and none late for Redis's sake. */
function expectGoodAnswers(answers: readonly LoadAnswer[]): void {
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  const texts = new Map(answers.map(({ id, text }) => [id, text]));
  for (const { id, text } of answers) expect(text).toBe(texts.get(id));
  for (const [id, text] of texts) {
    const call: unknown = JSON.parse(text);
    expect(call).toMatchObject({ id, state: IN_PROGRESS.includes(id) ? 'READY' : 'FINISHED' });
  }
  expect(Math.max(...answers.map(ownMs))).toBeLessThan(TIMEOUT_MS + UPSTREAM_MS);
}

/** However many requests a bad day had, its lines can be counted on two hands. */
function expectFewLines({ logLines }: TestGateway): void {
  const lines = logLines.filter((line) => !line.includes('"msg":"request"'));
  expect(lines.length).toBeLessThan(12);
}

/** What a request took, less what its machine took. */
function ownMs({ at, ms }: LoadAnswer): number {
  const overlaps = pauses.map(({ from, to }) => Math.max(0, Math.min(to, at + ms) - Math.max(from, at)));
  return ms - overlaps.reduce((sum, overlap) => sum + overlap, 0);
}

/** How many waited for Redis as long as they may. */
const waited = (answers: readonly LoadAnswer[]): number =>
  answers.filter((answer) => ownMs(answer) > 0.9 * TIMEOUT_MS).length;

/** Those under way when Redis fell ill may wait for it, and as many once more; nobody else. */
function expectFewWaited({ during }: Endured): void {
  for (const answers of during) expect(waited(answers)).toBeLessThanOrEqual(2 * CLIENTS);
}

/** Besides, nothing is sent but what was under way and now and then an attempt: nothing piles up, however long it lasts. */
function expectSteppedAround(endured: Endured): void {
  expectFewWaited(endured);
  expect(endured.commands).toBeLessThan(10 * CLIENTS);
  expect(endured.bytes).toBeLessThan(32 * 1024);
}

const heal = (): void => {
  proxy.heal();
};

describe('Gateways under load on a Redis that is', () => {
  it('not there when they start, then comes', async () => {
    await redis.kill();
    await startTwo(redis.url);
    loadTwo();
    const endured = await endure({
      begin: () => undefined,
      seen: bothDown,
      end: () => redis.restart(),
    });
    expect(endured.during.map(waited)).toEqual([0, 0]);
  });

  it('frozen when they start, then answers', async () => {
    redis.freeze();
    await startTwo();
    loadTwo();
    const endured = await endure({
      begin: () => undefined,
      seen: bothDown,
      end: () => {
        redis.thaw();
      },
    });
    expectSteppedAround(endured);
    expect(endured.during.map(waited)).toEqual([0, 0]);
  });

  it('killed, and back without what it held', async () => {
    await startTwo(redis.url);
    expectFewWaited(
      await endure({
        begin: () => redis.kill(),
        seen: bothDown,
        end: () => redis.restart(),
      }),
    );
  });

  it('frozen', async () => {
    await startTwo();
    let begun = Infinity;
    expectSteppedAround(
      await endure({
        begin: () => {
          redis.freeze();
          begun = performance.now();
        },
        seen: async () => performance.now() - begun > FROZEN_MS && (await bothDown()),
        end: () => {
          redis.thaw();
        },
      }),
    );
  });

  it('out of reach, without a word', async () => {
    await startTwo();
    expectSteppedAround(
      await endure({
        begin: () => {
          proxy.hold();
        },
        seen: bothDown,
        end: heal,
      }),
    );
  });

  it('slower than REDIS_TIMEOUT_MS', async () => {
    await startTwo();
    expectSteppedAround(
      await endure({
        begin: () => {
          proxy.delay(1.5 * TIMEOUT_MS);
        },
        seen: bothDown,
        end: heal,
      }),
    );
  });

  it('slow, but not too slow to be used', async () => {
    await startTwo();
    const endured = await endure({
      begin: () => {
        proxy.delay(TIMEOUT_MS / 20);
      },
      seen: async () => !(await bothDown()),
      end: heal,
    });
    const [, withoutMemory = []] = endured.during;
    expect(withoutMemory.some(({ cacheStatus }) => cacheStatus.includes('; hit'))).toBe(true);
  });

  it.each([
    'LOADING Redis is loading the dataset in memory',
    'MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to "no".',
    'NOAUTH Authentication required.',
  ])('answering %s', async (error) => {
    await startTwo();
    expectSteppedAround(
      await endure({
        begin: () => {
          proxy.refuse(error);
        },
        seen: bothDown,
        end: heal,
      }),
    );
  });

  it.each([
    "READONLY You can't write against a read only replica.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    'WHATNOT Nobody has seen this yet',
  ])('answering %s', async (error) => {
    await startTwo();
    expectFewWaited(
      await endure({
        begin: () => {
          proxy.refuse(error);
        },
        end: heal,
      }),
    );
  });

  it('answering CLUSTERDOWN The cluster is down, but not to PING', async () => {
    await startTwo();
    expectFewWaited(
      await endure({
        begin: () => {
          proxy.refuse('CLUSTERDOWN The cluster is down', ['GET', 'MGET', 'SET', 'DEL', 'EVAL', 'EVALSHA']);
        },
        end: heal,
      }),
    );
  });

  it('suddenly asking for a password', async () => {
    await startTwo();
    expectSteppedAround(
      await endure({
        begin: async () => {
          await inspect.config('SET', 'requirepass', 'secret');
          for (const kind of ['normal', 'pubsub'])
            await inspect.call('CLIENT', 'KILL', 'TYPE', kind, 'SKIPME', 'yes');
        },
        seen: bothDown,
        end: () => inspect.config('SET', 'requirepass', ''),
      }),
    );
  });

  it('made a replica of a master that is away', async () => {
    const port = await freePort();
    await startTwo();
    expectFewWaited(
      await endure({
        begin: () => inspect.replicaof('127.0.0.1', port),
        end: () => inspect.replicaof('NO', 'ONE'),
      }),
    );
  });

  it('full, and evicts nothing', async () => {
    await startTwo();
    const endured = await endure({
      begin: () => inspect.config('SET', 'maxmemory', '1'),
      end: () => inspect.config('SET', 'maxmemory', '0'),
    });
    expectFewWaited(endured);
    for (const answers of endured.during) {
      const known = answers.filter(({ id }) => KNOWN.includes(id));
      expect(known.every(({ cacheStatus }) => cacheStatus.includes('; hit'))).toBe(true);
    }
  });

  it('flushed again and again', async () => {
    await startTwo();
    let flushes = 0;
    expectFewWaited(
      await endure({
        begin: () => inspect.flushall(),
        seen: async () => {
          await inspect.flushall();
          return (flushes += 1) > 20;
        },
        end: () => undefined,
      }),
    );
  });

  it('cutting connections in the middle of replies, again and again', async () => {
    await startTwo();
    let goal = Infinity;
    expectFewWaited(
      await endure({
        begin: () => {
          goal = proxy.sent.connections + 8;
          proxy.cut(10);
        },
        seen: () => proxy.sent.connections >= goal,
        end: heal,
      }),
    );
  });
});
