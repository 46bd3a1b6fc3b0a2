import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryCache } from '../../../src/cache/memory-cache.js';
import { answerWith } from '../../../src/calls/call-answer.js';
import type { CallCache } from '../../../src/calls/call-cache.js';
import type { CallEntry } from '../../../src/calls/call-entry.js';
import { CallLookup } from '../../../src/calls/lookup.js';
import type { LookupResult, LookupWish } from '../../../src/calls/lookup-result.js';
import type { Call } from '../../../src/calls/call.js';
import { GatewayError } from '../../../src/errors.js';
import { aCall, NOON } from '../../support/calls.js';
import { ScriptedSource } from '../../support/scripted-source.js';

const PLAIN: LookupWish = { noCache: false, onlyIfCached: false };
const AGAIN: LookupWish = { noCache: true, onlyIfCached: false };
const KEPT_ONLY: LookupWish = { noCache: false, onlyIfCached: true };
const HOUR = 3_600_000;
const LATER = NOON + HOUR;

let now = LATER;
let source = new ScriptedSource();
let cache: CallCache;
let lookup: CallLookup;

function gateway(cacheTimeoutMs = 1000): CallLookup {
  const policy = {
    states: new Set(['FINISHED']),
    ttlSeconds: 3600,
    settleSeconds: 300,
    staleSeconds: 7200,
    negativeSeconds: 5,
  };
  return new CallLookup({ source, cache, keyOf: (id) => id, policy, cacheTimeoutMs, now: () => now });
}

beforeEach(() => {
  now = LATER;
  source = new ScriptedSource();
  cache = createMemoryCache({ maxBytes: 1_000_000, now: () => now });
  lookup = gateway();
});

const unreachable = () => new GatewayError('upstream-unreachable', 'down');
const notFound = () =>
  new GatewayError('call-not-found', 'none', { upstream: { status: 404, message: null } });

function callOf(result: LookupResult): Call {
  if (!('entry' in result)) throw result.error;
  return JSON.parse(Buffer.from(result.entry.body, 'latin1').toString('utf8')) as Call;
}

function entryOf(call: Call): CallEntry {
  const { body, etag, version } = answerWith(call);
  return { body, etag, version, fetchedAt: now, freshUntil: now + HOUR, usableUntil: now + HOUR };
}

async function store(call: Call): Promise<void> {
  source.reply(call);
  await lookup.lookup(call.id, PLAIN);
}

describe('CallLookup', () => {
  it('fetches and stores a finished call, then answers from the cache', async () => {
    source.reply(aCall());
    const first = await lookup.lookup('42', PLAIN);
    expect(first.cache).toEqual({ kind: 'forwarded', reason: 'uri-miss', status: 200, stored: true });
    const second = await lookup.lookup('42', PLAIN);
    expect(second.cache).toEqual({ kind: 'hit', freshUntil: LATER + HOUR });
    expect(callOf(second)).toEqual(aCall());
    expect(source.asked).toEqual(['42']);
  });

  it('offers a fresh entry at once, and no other', async () => {
    expect(lookup.peek('42')).toBeUndefined();
    await store(aCall());
    expect(lookup.peek('42')?.body).toContain('"id":"42"');
    now += HOUR;
    expect(lookup.peek('42')).toBeUndefined();
  });

  it('fetches a call in progress again for each lookup', async () => {
    source.reply(aCall({ state: 'READY' }), aCall({ state: 'SELECTED' }));
    const first = await lookup.lookup('42', PLAIN);
    expect(first.cache).toEqual({ kind: 'forwarded', reason: 'uri-miss', status: 200, stored: false });
    expect(callOf(await lookup.lookup('42', PLAIN)).state).toBe('SELECTED');
    expect(await cache.get('42')).toBeUndefined();
  });

  it('remembers a 404 for its time, beside the reason', async () => {
    source.reply(notFound());
    expect((await lookup.lookup('42', PLAIN)).cache).toMatchObject({
      kind: 'forwarded',
      status: 404,
      stored: true,
    });
    now += 4999;
    expect(await lookup.lookup('42', PLAIN)).toMatchObject({
      cache: { kind: 'hit', freshUntil: LATER + 5000 },
      error: { code: 'call-not-found', upstream: { status: 404 } },
    });
    now += 1;
    source.reply(aCall());
    expect(callOf(await lookup.lookup('42', PLAIN)).id).toBe('42');
    expect(source.asked).toHaveLength(2);
  });
});

describe('a caller that insists', () => {
  it('on a new answer has the entry replaced', async () => {
    await store(aCall());
    source.reply(aCall({ notes: [{ text: 'late', created: null }] }));
    const result = await lookup.lookup('42', AGAIN);
    expect(result.cache).toEqual({ kind: 'forwarded', reason: 'request', status: 200, stored: true });
    expect(callOf(await lookup.lookup('42', PLAIN)).notes).toHaveLength(1);
  });

  it('on a new answer gets the failure, and the entry stays', async () => {
    await store(aCall());
    source.reply(unreachable());
    expect(await lookup.lookup('42', AGAIN)).toMatchObject({ error: { code: 'upstream-unreachable' } });
    expect((await lookup.lookup('42', PLAIN)).cache.kind).toBe('hit');
  });

  it('on a kept answer gets one that is fresh, or none', async () => {
    expect(await lookup.lookup('42', KEPT_ONLY)).toMatchObject({
      error: { code: 'not-cached' },
      cache: { kind: 'not-forwarded' },
    });
    await store(aCall());
    expect((await lookup.lookup('42', KEPT_ONLY)).cache.kind).toBe('hit');
    now += HOUR;
    expect(await lookup.lookup('42', KEPT_ONLY)).toMatchObject({ error: { code: 'not-cached' } });
    expect(source.asked).toHaveLength(1);
  });

  it('on both cannot be served', async () => {
    await store(aCall());
    const both = await lookup.lookup('42', { noCache: true, onlyIfCached: true });
    expect(both).toMatchObject({ error: { code: 'not-cached' } });
  });
});

describe('when CallFire fails, an entry past its freshness', () => {
  it.each([
    'upstream-unreachable',
    'upstream-error',
    'upstream-invalid-response',
    'upstream-timeout',
    'upstream-rate-limited',
    'upstream-unavailable',
    'overloaded',
  ] as const)('is served after %s', async (code) => {
    await store(aCall());
    now += HOUR;
    source.reply(new GatewayError(code, 'failed'));
    const result = await lookup.lookup('42', PLAIN);
    expect(result.cache).toMatchObject({ kind: 'forwarded', reason: 'stale', failure: code });
    expect(callOf(result)).toEqual(aCall());
  });

  it.each(['upstream-credentials-rejected', 'upstream-rejected', 'call-not-found'] as const)(
    'is not served after %s',
    async (code) => {
      await store(aCall());
      now += HOUR;
      source.reply(new GatewayError(code, 'no'));
      expect(await lookup.lookup('42', PLAIN)).toMatchObject({ error: { code } });
    },
  );

  it('is served if it came to the cache while CallFire was asked', async () => {
    const asking = lookup.lookup('42', PLAIN);
    const other = aCall({ finalResult: 'AM' });
    source.reply(unreachable());
    cache.get = () => Promise.resolve(entryOf(other));
    const result = await asking;
    expect(result.cache).toMatchObject({ reason: 'uri-miss', failure: 'upstream-unreachable' });
    expect(callOf(result)).toEqual(other);
  });

  it('is gone after its last use', async () => {
    await store(aCall());
    now += HOUR + 2 * HOUR;
    source.reply(unreachable());
    expect(await lookup.lookup('42', PLAIN)).toMatchObject({ error: { code: 'upstream-unreachable' } });
  });

  it('stays after any failure', async () => {
    await store(aCall());
    now += HOUR;
    source.reply(unreachable(), new GatewayError('upstream-invalid-response', 'odd'), notFound(), aCall());
    for (let i = 0; i < 2; i += 1) expect(callOf(await lookup.lookup('42', PLAIN))).toEqual(aCall());
    await lookup.lookup('42', PLAIN);
    expect(await cache.get('42')).toBeDefined();
    now += 5000;
    expect((await lookup.lookup('42', PLAIN)).cache).toMatchObject({ reason: 'stale', stored: true });
  });
});

describe('overlapping lookups', () => {
  it('share one fetch, and say so', async () => {
    const results = [lookup.lookup('42', PLAIN), lookup.lookup('42', PLAIN), lookup.lookup('42', AGAIN)];
    source.reply(aCall({ state: 'READY' }));
    const [first, second, third] = await Promise.all(results);
    expect(source.asked).toEqual(['42']);
    const fetched = [first, second, third].filter(
      (result) => result?.cache.kind === 'forwarded' && result.cache.status === 200,
    );
    const collapsed = [first, second, third].filter(
      (result) => result?.cache.kind === 'forwarded' && result.cache.collapsed,
    );
    expect([fetched.length, collapsed.length]).toEqual([1, 2]);
  });

  it('share one failure, which is then forgotten', async () => {
    const results = [lookup.lookup('42', PLAIN), lookup.lookup('42', PLAIN)];
    source.reply(unreachable());
    for (const result of await Promise.all(results))
      expect(result).toMatchObject({ error: { code: 'upstream-unreachable' } });
    source.reply(aCall());
    expect(callOf(await lookup.lookup('42', PLAIN)).id).toBe('42');
  });

  it('all reject when the source has a bug', async () => {
    source.reply(new TypeError('bug'));
    await expect(lookup.lookup('42', PLAIN)).rejects.toThrow('bug');
  });
});

describe('a reader never sees a call go backwards', () => {
  it('from an end state to one in progress, whatever its modification', async () => {
    await store(aCall());
    source.reply(aCall({ state: 'READY', modified: '2026-06-01T13:00:00Z' }));
    expect(callOf(await lookup.lookup('42', AGAIN)).state).toBe('FINISHED');
  });

  it('from a later modification to an earlier one', async () => {
    await store(aCall({ finalResult: 'AM' }));
    source.reply(aCall({ modified: '2026-06-01T11:00:00Z' }));
    expect(callOf(await lookup.lookup('42', AGAIN)).finalResult).toBe('AM');
    expect(callOf(await lookup.lookup('42', PLAIN)).finalResult).toBe('AM');
  });

  it('while it is in progress', async () => {
    source.reply(aCall({ state: 'SELECTED', modified: '2026-06-01T12:00:02Z' }), aCall({ state: 'READY' }));
    await lookup.lookup('42', PLAIN);
    expect(callOf(await lookup.lookup('42', PLAIN)).state).toBe('SELECTED');
  });

  it('when the cache loses the entry or falls back to an older one', async () => {
    await store(aCall({ finalResult: 'AM' }));
    const older = createMemoryCache({ maxBytes: 1_000_000, now: () => now });
    source.reply(aCall({ modified: '2026-06-01T11:00:00Z' }));
    await new CallLookup({
      source,
      cache: older,
      keyOf: (id) => id,
      policy: {
        states: new Set(['FINISHED']),
        ttlSeconds: 3600,
        settleSeconds: 0,
        staleSeconds: 0,
        negativeSeconds: 0,
      },
      cacheTimeoutMs: 1000,
      now: () => now,
    }).lookup('42', PLAIN);
    const rolledBack: CallCache = older;
    cache.peek = (key) => rolledBack.peek(key);
    cache.get = (key) => rolledBack.get(key);
    cache.put = (key, entry) => rolledBack.put(key, entry);
    expect(lookup.peek('42')).toBeUndefined();
    source.reply(aCall({ modified: '2026-06-01T11:00:00Z' }));
    expect(callOf(await lookup.lookup('42', PLAIN)).finalResult).toBe('AM');
    expect(callOf(await lookup.lookup('42', PLAIN)).finalResult).toBe('AM');
    expect(source.asked).toHaveLength(3);
  });

  it('for five minutes after they last read it, even if the cache loses it', async () => {
    await store(aCall());
    now += 4 * 60_000;
    await lookup.lookup('42', PLAIN);
    now += 2 * 60_000;
    cache.get = () => Promise.resolve(undefined);
    source.reply(aCall({ state: 'READY' }));
    expect(callOf(await lookup.lookup('42', PLAIN)).state).toBe('FINISHED');
  });

  it('after an old entry stood in for CallFire and was lost', async () => {
    await store(aCall({ finalResult: 'AM' }));
    now += HOUR;
    source.reply(unreachable());
    expect(callOf(await lookup.lookup('42', PLAIN)).finalResult).toBe('AM');
    cache.get = () => Promise.resolve(undefined);
    cache.put = () => Promise.resolve('stored');
    now += 4 * 60_000;
    source.reply(aCall({ modified: '2026-06-01T11:00:00Z' }));
    expect(callOf(await lookup.lookup('42', PLAIN)).finalResult).toBe('AM');
  });

  it('while an older answer is being stored', async () => {
    const newer = createMemoryCache({ maxBytes: 1_000_000, now: () => now });
    source.reply(aCall({ finalResult: 'AM' }));
    cache = newer;
    await gateway().lookup('42', PLAIN);
    cache = createMemoryCache({ maxBytes: 1_000_000, now: () => now });
    cache.get = () => Promise.resolve(undefined);
    cache.put = async () => {
      // Another reader finds what another process has stored.
      cache.get = (key) => newer.get(key);
      expect(callOf(await lookup.lookup('42', KEPT_ONLY)).finalResult).toBe('AM');
      cache.get = () => Promise.resolve(undefined);
      return 'failed';
    };
    lookup = gateway();
    source.reply(aCall({ modified: '2026-06-01T11:00:00Z' }));
    expect(callOf(await lookup.lookup('42', PLAIN)).finalResult).toBe('AM');
  });

  it('but an upstream that stays behind is believed after a while', async () => {
    source.reply(aCall({ state: 'SELECTED', modified: '2026-06-01T12:00:02Z' }));
    await lookup.lookup('42', PLAIN);
    for (let minute = 0; minute < 5; minute += 1) {
      source.reply(aCall({ state: 'READY' }));
      expect(callOf(await lookup.lookup('42', PLAIN)).state).toBe('SELECTED');
      now += 60_000;
    }
    source.reply(aCall({ state: 'READY' }));
    expect(callOf(await lookup.lookup('42', PLAIN)).state).toBe('READY');
  });
});

describe('a slow cache', () => {
  it('makes a lookup wait once, however often it is asked', async () => {
    const answered = new Promise((resolve) => setTimeout(resolve, 30));
    cache.get = () => answered.then(() => undefined);
    cache.put = () => new Promise(() => undefined);
    source.reply(aCall());
    const result = await gateway(20).lookup('42', PLAIN);
    expect(callOf(result)).toEqual(aCall());
    expect(result.cache).toMatchObject({ kind: 'forwarded', stored: false });
  });
});

it('says `stored` only of what was fetched', async () => {
  await store(aCall());
  source.reply(aCall({ state: 'READY' }));
  expect((await lookup.lookup('42', AGAIN)).cache).toMatchObject({ status: 200, stored: false });
});
