import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { RateLimit } from '../../../src/access/caller.js';
import { createCallCache, type OpenCallCache } from '../../../src/cache/create-call-cache.js';
import { createLimitKeyMaker } from '../../../src/cache/keys.js';
import { parseRedisUrl } from '../../../src/cache/redis/redis-url.js';
import { createLimits } from '../../../src/limits/create-limits.js';
import type { Allowance, Limits } from '../../../src/limits/limits.js';
import { RecordingLog } from '../../support/recording-log.js';
import { startRedisServer, type RedisServer } from '../../support/redis-server.js';
import { until } from '../../support/until.js';
import { SHARED } from '../cache/entries.js';

const TIMEOUT_MS = 300;
const HOUR = 3_600;
const keyOf = createLimitKeyMaker(SHARED.prefix);

/** So many requests, of which so many are under way at any time. */
async function load(
  limits: Limits,
  limit: RateLimit,
  requests: number,
  atOnce: number,
): Promise<Allowance[]> {
  const answers: Allowance[] = [];
  let left = requests;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      answers.push(await limits.take('web', limit));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  return answers;
}

const grantedOf = (answers: readonly Allowance[]) => answers.filter(({ granted }) => granted).length;

describe('createLimits without Redis', () => {
  const limit = { requests: 500, seconds: HOUR };

  it('grants exactly the limit, and says what remains and how long to wait', async () => {
    const limits = createLimits({ redis: undefined, keyOf });
    const answers = await load(limits, limit, 800, 20);
    expect(grantedOf(answers)).toBe(500);
    expect(answers[0]).toEqual({ granted: true, limit, remaining: 499, resetSeconds: HOUR });
    expect(answers.at(-1)).toEqual({ granted: false, limit, remaining: 0, resetSeconds: HOUR });
  });

  it('keeps consumers apart', async () => {
    const limits = createLimits({ redis: undefined, keyOf });
    await load(limits, { requests: 1, seconds: HOUR }, 2, 1);
    expect(await limits.take('other', { requests: 1, seconds: HOUR })).toMatchObject({ granted: true });
  });

  it('begins anew when the window ends', async () => {
    const limits = createLimits({ redis: undefined, keyOf });
    const short = { requests: 2, seconds: 1 };
    expect(grantedOf(await load(limits, short, 5, 1))).toBe(2);
    await until(async () => (await limits.take('web', short)).granted);
    expect(grantedOf(await load(limits, short, 5, 1))).toBe(1);
  });

  it('goes on counting when the limit changes, or comes as another object', async () => {
    const limits = createLimits({ redis: undefined, keyOf });
    await load(limits, limit, 400, 1);
    const higher = { requests: 600, seconds: HOUR };
    const more =
      grantedOf(await load(limits, higher, 300, 1)) + grantedOf(await load(limits, { ...higher }, 300, 1));
    // What was held of the lower limit is lost.
    expect(more).toBeGreaterThan(150);
    expect(more).toBeLessThanOrEqual(200);
    expect(await limits.take('web', { requests: 5, seconds: HOUR })).toMatchObject({ granted: false });
  });

  it('counts windows of another length apart', async () => {
    const limits = createLimits({ redis: undefined, keyOf });
    await load(limits, limit, 501, 1);
    expect(await limits.take('web', { requests: 500, seconds: 60 })).toMatchObject({
      granted: true,
      resetSeconds: 60,
    });
  });
});

describe('createLimits with Redis', () => {
  let server: RedisServer;
  let admin: Redis;
  let log: RecordingLog;
  const open: OpenCallCache[] = [];

  beforeEach(async () => {
    server = await startRedisServer();
    admin = new Redis(server.url).on('error', () => undefined);
    log = new RecordingLog();
  });

  afterEach(async () => {
    admin.disconnect();
    await Promise.all(open.splice(0).map((cache) => cache.close()));
    await server.stop();
  });

  /** As in a process of its own. */
  const openLimits = async () => {
    const cache = createCallCache({
      redis: parseRedisUrl(server.url),
      redisTimeoutMs: TIMEOUT_MS,
      maxBytes: 0,
      ...SHARED,
      log,
    });
    open.push(cache);
    await until(() => cache.state() === 'up');
    return { limits: createLimits({ redis: cache.redis, keyOf }), state: () => cache.state() };
  };

  const openThree = () => Promise.all([openLimits(), openLimits(), openLimits()]);

  it.each([1, 10, 600, 5_000])('grants exactly %d to three busy gateways together', async (requests) => {
    const limit = { requests, seconds: HOUR };
    const gateways = await openThree();
    const answers = await Promise.all(gateways.map(({ limits }) => load(limits, limit, requests + 100, 30)));
    expect(grantedOf(answers.flat())).toBe(requests);
  });

  it('leaves to the others what a gateway does not use', async () => {
    const limit = { requests: 1_000, seconds: HOUR };
    const [one, two] = await openThree();
    await load(one.limits, limit, 3, 1);
    expect(grantedOf(await load(two.limits, limit, 1_100, 10))).toBeGreaterThanOrEqual(994);
  });

  it('does not ask Redis for most of the requests, nor for refusals', async () => {
    const { limits } = await openLimits();
    const calls = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
    await load(limits, { requests: 20_000, seconds: HOUR }, 30_000, 10);
    const asked = await calls();
    expect(asked).toBeLessThan(300);
    await load(limits, { requests: 20_000, seconds: HOUR }, 1_000, 10);
    expect(await calls()).toBe(asked);
  });

  it('counts under the prefix, the consumer and the seconds, and lets the key end with the window', async () => {
    const { limits } = await openLimits();
    await limits.take('a b:c', { requests: 5, seconds: 60 });
    const key = 'callfire-gateway:limit:a%20b%3Ac:60';
    expect(await admin.keys('*')).toEqual([key]);
    const left = await admin.pttl(key);
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('begins anew for all gateways when the window ends', async () => {
    const limit = { requests: 5, seconds: 1 };
    const [one, two] = await openThree();
    await load(one.limits, limit, 10, 1);
    expect(await two.limits.take('web', limit)).toMatchObject({ granted: false });
    await until(async () => (await two.limits.take('web', limit)).granted);
  });

  it('goes on in memory while Redis is frozen, and is back at its counter by itself', async () => {
    const limit = { requests: 5, seconds: HOUR };
    const [one, two] = await openThree();
    await load(one.limits, limit, 2, 1);
    server.freeze();
    const begun = performance.now();
    expect(grantedOf(await load(one.limits, limit, 1_000, 10))).toBe(5);
    // The first one waited for Redis.
    expect(performance.now() - begun).toBeLessThan(TIMEOUT_MS * 3);
    server.thaw();
    await until(() => one.state() === 'up' && two.state() === 'up');
    // Of five, two were granted before; what was sent while Redis was frozen may have been counted when it thawed.
    const granted = grantedOf(await load(one.limits, limit, 10, 1));
    expect(granted).toBeGreaterThanOrEqual(1);
    expect(granted).toBeLessThanOrEqual(3);
    expect(grantedOf(await load(two.limits, limit, 10, 1))).toBe(0);
    expect(log.messages('warn').length).toBeLessThanOrEqual(3);
  });

  it('goes on without a Redis that was killed, and shares the limit again when it is back', async () => {
    const limit = { requests: 5, seconds: HOUR };
    const [one, two] = await openThree();
    await load(one.limits, limit, 1, 1);
    await server.kill();
    await until(() => one.state() === 'down' && two.state() === 'down');
    expect(grantedOf(await load(one.limits, limit, 10, 1))).toBe(5);
    expect(grantedOf(await load(two.limits, limit, 10, 1))).toBe(5);
    await server.restart();
    await until(() => one.state() === 'up' && two.state() === 'up');
    const answers = await Promise.all([one, two].map(({ limits }) => load(limits, limit, 10, 2)));
    expect(grantedOf(answers.flat())).toBe(5);
  });

  it('counts in memory where Redis refuses, and goes on using Redis for the rest', async () => {
    const limit = { requests: 5, seconds: HOUR };
    const { limits, state } = await openLimits();
    await admin.rpush(keyOf('web', HOUR), 'no counter');
    expect(grantedOf(await load(limits, limit, 10, 1))).toBe(5);
    expect(state()).toBe('up');
    await admin.del(keyOf('web', HOUR));
    expect(await limits.take('web', limit)).toMatchObject({ granted: true });
    expect(log.messages('warn')).toEqual(['Redis refused a command']);
  });

  it('does not mind that Redis forgets its scripts', async () => {
    const { limits } = await openLimits();
    await limits.take('web', { requests: 9, seconds: HOUR });
    await admin.script('FLUSH');
    await load(limits, { requests: 9, seconds: HOUR }, 10, 1);
    expect(Number(await admin.get(keyOf('web', HOUR)))).toBeGreaterThanOrEqual(9);
  });
});
