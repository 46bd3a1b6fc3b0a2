import { describe, expect, it } from '@jest/globals';
import type { CallEntry } from '../../../src/calls/call-entry.js';
import { explainLookup, type LookupFacts } from '../../../src/calls/explain.js';
import { GatewayError } from '../../../src/errors.js';
import { anEntry } from '../cache/entries.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const FRESH = anEntry({ freshUntil: NOW + 10_000, usableUntil: NOW + 60_000 });
const STALE = anEntry({ freshUntil: NOW - 10_000, usableUntil: NOW + 60_000 });
const QUEUE = { underWay: 0, waiting: 0, places: 2, mayWait: 64 };
const FULL = { ...QUEUE, underWay: 2, waiting: 64 };

const inRedis = (redis: CallEntry | undefined) => ({ memory: undefined, redis, redisState: 'up' }) as const;

const explain = (facts: Partial<LookupFacts>) =>
  explainLookup({
    now: NOW,
    kept: inRedis(undefined),
    isCurrent: () => true,
    missing: undefined,
    fetching: false,
    upstream: { breaker: 'closed', queue: QUEUE },
    ...facts,
  });

describe('explainLookup', () => {
  it.each<[string, Partial<LookupFacts>, string, readonly string[]]>([
    [
      'a fresh entry in Redis',
      { kept: inRedis(FRESH), fetching: true },
      'hit-redis',
      ['Would be answered from Redis: fresh for 10 s more.'],
    ],
    [
      'a copy of it in memory',
      { kept: { memory: FRESH, redis: FRESH, redisState: 'up' } },
      'hit-memory',
      ["Would be answered from this process's memory: fresh for 10 s more."],
    ],
    [
      'an entry older than what readers had',
      { kept: inRedis(FRESH), isCurrent: () => false },
      'fetch',
      [
        'The entry in Redis is passed over: readers of this process have had a newer one.',
        'Would ask CallFire, because no usable entry is kept.',
      ],
    ],
    [
      'a remembered 404',
      { missing: { error: new GatewayError('call-not-found', ''), until: NOW + 3_000 } },
      'hit-missing',
      ["Would be answered with 404: CallFire's own is remembered by this process for 3 s more."],
    ],
    [
      'a fetch under way, without Redis',
      { kept: { memory: undefined, redis: undefined, redisState: 'down' }, fetching: true },
      'join',
      [
        'Redis is down and would be stepped around.',
        'Would share the fetch for this call that is under way in this process.',
      ],
    ],
    [
      'an open breaker and a stale entry',
      { kept: inRedis(STALE), upstream: { breaker: 'open', queue: QUEUE } },
      'stale',
      [
        'The entry in Redis is stale since 10 s.',
        'CallFire would not be asked: the breaker is open, because it kept failing.',
        'Would be answered with the stale entry, which may stand in for 60 s more.',
      ],
    ],
    [
      'an open breaker and nothing',
      { upstream: { breaker: 'open', queue: QUEUE } },
      'refuse',
      [
        'CallFire would not be asked: the breaker is open, because it kept failing.',
        'Would be refused with 503 upstream-unavailable: there is no entry to stand in.',
      ],
    ],
    [
      'a half-open breaker and no place free',
      { upstream: { breaker: 'half-open', queue: { ...QUEUE, underWay: 2, waiting: 7 } } },
      'fetch',
      [
        'Would ask CallFire, because no usable entry is kept.',
        'The breaker is half-open: one fetch at a time is let through, to see whether CallFire answers again.',
        'Would wait for its turn: 2 fetches of the account are under way and 7 wait.',
      ],
    ],
    [
      'a full queue and nothing',
      { upstream: { breaker: 'closed', queue: FULL } },
      'refuse',
      [
        'CallFire would not be asked: 64 fetches of the account wait already, as many as may.',
        'Would be refused with 503 overloaded: there is no entry to stand in.',
      ],
    ],
    [
      'a full queue and a stale entry',
      { kept: inRedis(STALE), upstream: { breaker: 'closed', queue: FULL } },
      'stale',
      [
        'The entry in Redis is stale since 10 s.',
        'CallFire would not be asked: 64 fetches of the account wait already, as many as may.',
        'Would be answered with the stale entry, which may stand in for 60 s more.',
      ],
    ],
  ])('says what a lookup would do: %s', (_case, facts, verdict, steps) => {
    const explanation = explain(facts);
    expect({ verdict: explanation.verdict, steps: explanation.steps }).toEqual({ verdict, steps });
  });

  it('says until when it holds, where that is known', () => {
    expect(explain({ kept: inRedis(FRESH) }).until).toBe(FRESH.freshUntil);
    expect(explain({}).until).toBeUndefined();
  });
});
