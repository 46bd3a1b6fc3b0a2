import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryCache } from '../../../src/cache/memory-cache.js';
import { answerWith } from '../../../src/calls/call-answer.js';
import type { CallCache } from '../../../src/calls/call-cache.js';
import type { CallEntry } from '../../../src/calls/call-entry.js';
import type { AwaitedLease, CallLeases, FetchOutcome, HeldLease } from '../../../src/calls/call-leases.js';
import type { Call } from '../../../src/calls/call.js';
import { CallLookup } from '../../../src/calls/lookup.js';
import type { LookupResult, LookupWish } from '../../../src/calls/lookup-result.js';
import { GatewayError } from '../../../src/errors.js';
import { aCall, NOON } from '../../support/calls.js';
import { ScriptedSource } from '../../support/scripted-source.js';

const PLAIN: LookupWish = { noCache: false, onlyIfCached: false };
const AGAIN: LookupWish = { noCache: true, onlyIfCached: false };
const NOW = NOON + 3_600_000;

/** Gives out the leases that a test prepared, in order, and keeps what the holders told. */
class ScriptedLeases implements CallLeases {
  readonly told: (FetchOutcome | undefined)[] = [];
  readonly #claims: Promise<HeldLease | AwaitedLease | undefined>[] = [];

  claim(): Promise<HeldLease | AwaitedLease | undefined> {
    return this.#claims.shift() ?? Promise.resolve(undefined);
  }

  hold(kept?: CallEntry): this {
    return this.will(Promise.resolve(this.held(kept)));
  }

  wait(...outcomes: AwaitedLease['outcome'][]): this {
    for (const outcome of outcomes) this.will(Promise.resolve({ held: false, outcome }));
    return this;
  }

  will(claim: Promise<HeldLease | AwaitedLease | undefined>): this {
    this.#claims.push(claim);
    return this;
  }

  held(kept?: CallEntry): HeldLease {
    return { held: true, kept, end: (outcome) => void this.told.push(outcome) };
  }
}

let source: ScriptedSource;
let cache: CallCache;
let leases: ScriptedLeases;
let lookup: CallLookup;

beforeEach(() => {
  source = new ScriptedSource();
  cache = createMemoryCache({ maxBytes: 1_000_000, now: () => NOW });
  leases = new ScriptedLeases();
  lookup = gateway(1000);
});

function gateway(cacheTimeoutMs: number): CallLookup {
  const policy = {
    states: new Set(['FINISHED']),
    ttlSeconds: 3600,
    settleSeconds: 300,
    staleSeconds: 7200,
    negativeSeconds: 5,
  };
  return new CallLookup({ source, cache, leases, keyOf: (id) => id, policy, cacheTimeoutMs, now: () => NOW });
}

function entryOf(differences: Partial<Call> = {}, freshMs = 60_000): CallEntry {
  const { body, etag, version } = answerWith(aCall(differences));
  return { body, etag, version, fetchedAt: NOW, freshUntil: NOW + freshMs, usableUntil: NOW + freshMs };
}

const stateOf = (result: LookupResult) => 'entry' in result && /"state":"(\w+)"/.exec(result.entry.body)?.[1];

describe('A lookup that holds the lease', () => {
  it('fetches and tells the others the entry, of a call in progress too', async () => {
    leases.hold();
    source.reply(aCall({ state: 'READY' }));
    const result = await lookup.lookup('42', PLAIN);
    expect(result.cache).toMatchObject({ reason: 'uri-miss', status: 200, stored: false });
    expect(leases.told).toMatchObject([{ entry: 'entry' in result && result.entry }]);
  });

  it.each(['upstream-error', 'upstream-timeout', 'call-not-found'] as const)(
    'tells the others of %s',
    async (code) => {
      leases.hold();
      source.reply(new GatewayError(code, 'no'));
      await lookup.lookup('42', PLAIN);
      expect(leases.told).toMatchObject([{ error: { code } }]);
    },
  );

  it.each(['overloaded', 'upstream-unavailable'] as const)(
    'leaves the fetch to the others where it fails itself with %s',
    async (code) => {
      leases.hold();
      source.reply(new GatewayError(code, 'no'));
      expect(await lookup.lookup('42', PLAIN)).toMatchObject({ error: { code } });
      expect(leases.told).toEqual([undefined]);
    },
  );

  it('gives it back when the source has a bug', async () => {
    leases.hold();
    source.reply(new TypeError('bug'));
    await expect(lookup.lookup('42', PLAIN)).rejects.toThrow('bug');
    expect(leases.told).toEqual([undefined]);
  });

  it('answers what another process has stored just before', async () => {
    const kept = entryOf();
    leases.hold(kept);
    expect(await lookup.lookup('42', PLAIN)).toMatchObject({ entry: kept, cache: { kind: 'hit' } });
    expect(leases.told).toEqual([undefined]);
    expect(source.asked).toEqual([]);
  });

  it('fetches all the same where the caller insists or what is stored is no longer fresh', async () => {
    leases.hold(entryOf()).hold(entryOf({}, 0));
    source.reply(aCall(), aCall());
    expect((await lookup.lookup('42', AGAIN)).cache).toMatchObject({ reason: 'request', stored: true });
    cache.get = () => Promise.resolve(undefined);
    expect((await lookup.lookup('42', PLAIN)).cache).toMatchObject({ reason: 'uri-miss' });
    expect(source.asked).toHaveLength(2);
  });

  it('fetches for a caller that insists and joined one that did not', async () => {
    let give: (lease: HeldLease) => void = () => undefined;
    leases.will(new Promise((resolve) => (give = resolve))).hold();
    source.reply(aCall({ finalResult: 'AM' }));
    const plain = lookup.lookup('42', PLAIN);
    await new Promise(setImmediate);
    const insistent = lookup.lookup('42', AGAIN);
    give(leases.held(entryOf()));
    expect((await plain).cache.kind).toBe('hit');
    expect((await insistent).cache).toMatchObject({ reason: 'request', status: 200, stored: true });
    expect(source.asked).toHaveLength(1);
  });

  it('gives back what comes after it has stopped waiting for it', async () => {
    let give: (lease: HeldLease) => void = () => undefined;
    leases.will(new Promise((resolve) => (give = resolve)));
    cache.get = () => new Promise((resolve) => setTimeout(resolve, 15, undefined));
    source.reply(aCall());
    expect(stateOf(await gateway(10).lookup('42', PLAIN))).toBe('FINISHED');
    expect(leases.told).toEqual([]);
    give(leases.held());
    await Promise.resolve();
    expect(leases.told).toEqual([undefined]);
  });
});

describe('A lookup that meets another process at it', () => {
  it('answers what that process fetched, and says so', async () => {
    leases.wait(Promise.resolve({ entry: entryOf({ state: 'SELECTED' }, 0) }));
    const result = await lookup.lookup('42', PLAIN);
    expect(stateOf(result)).toBe('SELECTED');
    expect(result.cache).toEqual({ kind: 'forwarded', reason: 'uri-miss', collapsed: true });
    expect(source.asked).toEqual([]);
  });

  it('answers its failure', async () => {
    leases.wait(Promise.resolve({ error: new GatewayError('upstream-error', 'down') }));
    const result = await lookup.lookup('42', PLAIN);
    expect(result).toMatchObject({
      error: { code: 'upstream-error' },
      cache: { collapsed: true, failure: 'upstream-error' },
    });
  });

  it('never answers what is older than what its own readers had', async () => {
    source.reply(aCall({ state: 'SELECTED', modified: '2026-06-01T12:00:02Z' }));
    await lookup.lookup('42', PLAIN);
    leases.wait(Promise.resolve({ entry: entryOf({ state: 'READY' }, 0) }));
    expect(stateOf(await lookup.lookup('42', PLAIN))).toBe('SELECTED');
  });

  it('claims again when it hears nothing, and fetches once the lease is its own', async () => {
    leases.wait(Promise.resolve(undefined), Promise.resolve(undefined)).hold();
    source.reply(aCall());
    expect((await lookup.lookup('42', PLAIN)).cache).toMatchObject({ status: 200, stored: true });
    expect(leases.told).toHaveLength(1);
  });

  it('fetches without a lease what cannot be told, unless it has been stored', async () => {
    leases.wait(Promise.resolve('untold'), Promise.resolve('untold'));
    source.reply(aCall({ state: 'READY' }));
    expect((await lookup.lookup('42', PLAIN)).cache).toMatchObject({ reason: 'uri-miss', status: 200 });
    let reads = 0;
    cache.get = () => Promise.resolve((reads += 1) === 1 ? undefined : entryOf());
    expect((await lookup.lookup('42', PLAIN)).cache.kind).toBe('hit');
    expect(source.asked).toHaveLength(1);
    expect(leases.told).toEqual([]);
  });

  it('forgets a 404 when the other one found the call', async () => {
    source.reply(new GatewayError('call-not-found', 'none'));
    await lookup.lookup('42', PLAIN);
    leases.wait(Promise.resolve({ entry: entryOf({ state: 'READY' }, 0) }));
    await lookup.lookup('42', AGAIN);
    source.reply(aCall());
    expect(stateOf(await lookup.lookup('42', PLAIN))).toBe('FINISHED');
  });
});
