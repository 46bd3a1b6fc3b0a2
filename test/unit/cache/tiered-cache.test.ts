import { beforeEach, describe, expect, it } from '@jest/globals';
import { createEntryStore } from '../../../src/cache/entry-store.js';
import { TieredCache } from '../../../src/cache/tiered-cache.js';
import type { CallCache } from '../../../src/calls/call-cache.js';
import type { CallEntry } from '../../../src/calls/call-entry.js';
import { anEntry, finished } from './entries.js';

/** A Redis whose reads are answered when the test says so. */
class SlowRedis implements CallCache {
  readonly reads: { key: string; answer: (entry: CallEntry | undefined) => void }[] = [];

  peek(): undefined {
    return undefined;
  }

  get(key: string): Promise<CallEntry | undefined> {
    return new Promise((answer) => this.reads.push({ key, answer }));
  }

  put(): Promise<'stored'> {
    return Promise.resolve('stored');
  }
}

const older = anEntry({ version: finished(1) });
const newer = anEntry({ version: finished(2) });

describe('TieredCache', () => {
  let redis: SlowRedis;
  let cache: TieredCache;

  beforeEach(() => {
    redis = new SlowRedis();
    cache = new TieredCache(redis, createEntryStore(1_000_000, Date.now));
    cache.trust();
  });

  const answerRead = (entry: CallEntry | undefined) => {
    redis.reads.shift()?.answer(entry);
  };

  it('keeps what was read from Redis', async () => {
    const read = cache.get('key');
    expect(cache.peek('key')).toBeUndefined();
    answerRead(older);
    expect(await read).toBe(older);
    expect(cache.peek('key')).toBe(older);
    expect(await cache.get('key')).toBe(older);
    expect(redis.reads).toHaveLength(0);
  });

  it('reads a key once for all who ask at the same time', async () => {
    const reads = [cache.get('key'), cache.get('key')];
    expect(redis.reads).toHaveLength(1);
    answerRead(older);
    expect(await Promise.all(reads)).toEqual([older, older]);
  });

  it('drops what Redis says has changed', async () => {
    const read = cache.get('key');
    answerRead(older);
    await read;
    cache.forget('key');
    expect(cache.peek('key')).toBeUndefined();
  });

  it('does not keep a value that was on its way when its change was announced', async () => {
    const read = cache.get('key');
    cache.forget('key');
    answerRead(older);
    expect(await read).toBe(older);
    expect(cache.peek('key')).toBeUndefined();
  });

  it('reads anew after an announcement, and keeps that although the older read answers last', async () => {
    const first = cache.get('key');
    cache.forget('key');
    const second = cache.get('key');
    redis.reads[1]?.answer(newer);
    expect(await second).toBe(newer);
    redis.reads[0]?.answer(older);
    await first;
    expect(cache.peek('key')).toBe(newer);
  });

  it.each(['doubt', 'forgetAll', 'trust'] as const)(
    'keeps no value that was on its way at %s',
    async (event) => {
      const read = cache.get('key');
      cache[event]();
      answerRead(older);
      await read;
      expect(cache.peek('key')).toBeUndefined();
    },
  );

  it('neither answers nor keeps anything while in doubt, and is empty afterwards', async () => {
    const read = cache.get('key');
    answerRead(older);
    await read;
    cache.doubt();
    expect(cache.peek('key')).toBeUndefined();
    const inDoubt = cache.get('key');
    answerRead(older);
    expect(await inDoubt).toBe(older);
    cache.trust();
    expect(cache.peek('key')).toBeUndefined();
  });

  it('drops its copy at once when this process puts another', async () => {
    const read = cache.get('key');
    answerRead(older);
    await read;
    const onItsWay = cache.get('other');
    const puts = Promise.all([cache.put('key', newer), cache.put('other', newer)]);
    expect(cache.peek('key')).toBeUndefined();
    answerRead(older);
    await Promise.all([onItsWay, puts]);
    expect(cache.peek('other')).toBeUndefined();
  });
});
