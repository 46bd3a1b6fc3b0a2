import type { Whereabouts } from './cache-keeper.js';
import type { CallEntry } from './call-entry.js';
import type { MissingCall } from './missing-calls.js';

/** What a lookup of a call would come to. */
export type Verdict =
  | 'hit-memory'
  | 'hit-redis'
  /** CallFire's 404 is remembered. */
  | 'hit-missing'
  /** The fetch under way would be shared. */
  | 'join'
  | 'fetch'
  /** An entry past its freshness would stand in. */
  | 'stale'
  /** Answered with `upstream-unavailable` or `overloaded`. */
  | 'refuse';

/** What a lookup would do now and why: a sentence a step, in the order in which it would go. */
export interface Explanation {
  readonly verdict: Verdict;
  readonly steps: readonly string[];
  /** Milliseconds since the epoch until which this holds, if nothing else happens; where that is known. */
  readonly until: number | undefined;
  /** Until when CallFire's 404 is remembered, if it is. */
  readonly missingUntil: number | undefined;
  /** Whether a fetch for the call is under way in this process. */
  readonly fetching: boolean;
}

/** The account's way to CallFire, at the moment. */
export interface UpstreamState {
  readonly breaker: 'closed' | 'open' | 'half-open';
  readonly queue: QueueState;
}

/** Fetches of one account. */
export interface QueueState {
  readonly underWay: number;
  readonly waiting: number;
  /** How many may be under way at once. */
  readonly places: number;
  /** How many may wait at once. */
  readonly mayWait: number;
}

/** All that decides about a lookup. */
export interface LookupFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly kept: Whereabouts;
  /** False for an entry that would take readers of this process back in time. */
  readonly isCurrent: (entry: CallEntry) => boolean;
  readonly missing: MissingCall | undefined;
  /** Whether a fetch for the call is under way in this process. */
  readonly fetching: boolean;
  readonly upstream: UpstreamState;
}

/** Follows the order of `lookup.ts`; change both or neither. */
export function explainLookup(facts: LookupFacts): Explanation {
  const { now, kept, isCurrent, missing, fetching } = facts;
  const steps: string[] = [];
  const say = (step: string) => void steps.push(step);
  const answer = (verdict: Verdict, until?: number): Explanation => ({
    ...{ verdict, steps, until, fetching },
    missingUntil: missing?.until,
  });

  for (const [place, entry] of places(kept)) {
    if (entry === undefined) continue;
    if (!isCurrent(entry)) {
      say(`${NAMES[place]} is passed over: readers of this process have had a newer one.`);
    } else if (entry.freshUntil <= now) {
      say(`${NAMES[place]} is stale since ${seconds(now - entry.freshUntil)} s.`);
    } else {
      say(`Would be answered from ${FROM[place]}: fresh for ${seconds(entry.freshUntil - now)} s more.`);
      return answer(place === 'redis' ? 'hit-redis' : 'hit-memory', entry.freshUntil);
    }
  }
  if (kept.redisState === 'down') say('Redis is down and would be stepped around.');
  if (missing !== undefined) {
    const left = seconds(missing.until - now);
    say(`Would be answered with 404: CallFire's own is remembered by this process for ${left} s more.`);
    return answer('hit-missing', missing.until);
  }
  if (fetching) {
    say('Would share the fetch for this call that is under way in this process.');
    return answer('join');
  }
  return answer(askCallFire(facts, say));
}

const NAMES = { memory: "The entry in this process's memory", redis: 'The entry in Redis' } as const;
const FROM = { memory: "this process's memory", redis: 'Redis' } as const;

function places({ memory, redis }: Whereabouts): [keyof typeof NAMES, CallEntry | undefined][] {
  return [
    ['memory', memory],
    // The memory is a copy of it: who finds the one does not ask for the other.
    ['redis', memory === undefined ? redis : undefined],
  ];
}

function askCallFire(facts: LookupFacts, say: (step: string) => void): Verdict {
  const { now, kept, isCurrent, upstream } = facts;
  const { underWay, waiting, places: of, mayWait } = upstream.queue;
  const found = kept.memory ?? kept.redis;
  const standIn = found !== undefined && isCurrent(found) ? found : undefined;
  const left = standIn && seconds(standIn.usableUntil - now);
  const withoutAsking = (code: string): Verdict => {
    if (left === undefined) {
      say(`Would be refused with 503 ${code}: there is no entry to stand in.`);
      return 'refuse';
    }
    say(`Would be answered with the stale entry, which may stand in for ${left} s more.`);
    return 'stale';
  };

  if (upstream.breaker === 'open') {
    say('CallFire would not be asked: the breaker is open, because it kept failing.');
    return withoutAsking('upstream-unavailable');
  }
  if (underWay >= of && waiting >= mayWait) {
    say(`CallFire would not be asked: ${waiting} fetches of the account wait already, as many as may.`);
    return withoutAsking('overloaded');
  }
  say(
    `Would ask CallFire, because ${standIn === undefined ? 'no usable entry is kept' : 'the entry is stale'}.`,
  );
  if (upstream.breaker === 'half-open')
    say(
      'The breaker is half-open: one fetch at a time is let through, to see whether CallFire answers again.',
    );
  if (underWay >= of)
    say(`Would wait for its turn: ${underWay} fetches of the account are under way and ${waiting} wait.`);
  if (left !== undefined) say(`If CallFire failed, the stale entry would stand in for ${left} s more.`);
  return 'fetch';
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
