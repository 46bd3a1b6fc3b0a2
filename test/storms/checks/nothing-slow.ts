import { keyMaker, REDIS_TIMEOUT_MS, UPSTREAM_TIMEOUT_MS } from '../gateway.js';
import { describeLookup, type History, type Lookup } from '../history.js';
import { aboutTheSame, companions } from './evidence.js';
import type { Violation } from './violation.js';

const SLACK_MS = 1;

type Stretch = readonly [from: number, until: number];

/**
 * 5: a lookup takes no longer than the fetches that it can have waited for, its own gateway's or another's that has the lease,
 * and the store's time limit: once for what it asks, and once for what the lookup asks whose fetch it shares. Each lookup ends,
 * each fetch is over by its deadline, and at the end the store is in use again.
 */
export function* nothingSlow(history: History): Iterable<Violation> {
  for (const lookup of history.lookups) {
    if (lookup.answer !== undefined && 'bug' in lookup.answer)
      yield { invariant: 5, what: `No answer at all: ${describeLookup(lookup)}`, subject: lookup };
    if (lookup.end === undefined)
      yield { invariant: 5, what: `Hangs: ${describeLookup(lookup)}`, subject: lookup };
    else yield* takesTooLong(lookup, lookup.end.at, history);
  }
  for (const fetch of history.fetches) {
    if (fetch.end !== undefined && fetch.end.at - fetch.begin.at > UPSTREAM_TIMEOUT_MS + SLACK_MS)
      yield { invariant: 5, what: `A fetch of ${fetch.gateway} takes longer than it may`, subject: fetch };
  }
  for (const { gateway, up, second } of history.recoveries) {
    if (!up || second.answer?.via.startsWith('hit') !== true)
      yield { invariant: 5, what: `${gateway} does not use the store again: ${describeLookup(second)}` };
  }
}

function* takesTooLong(lookup: Lookup, end: number, history: History): Iterable<Violation> {
  if (end - lookup.begin.at <= REDIS_TIMEOUT_MS + SLACK_MS) return;
  const ownMs = uncoveredMs([lookup.begin.at, end], waitedFor(lookup, history));
  const shares = companions(lookup, history.lookups).length > 0;
  if (ownMs > REDIS_TIMEOUT_MS * (shares ? 2 : 1) + SLACK_MS)
    yield {
      invariant: 5,
      what: `${ownMs.toFixed(1)} ms for nothing: ${describeLookup(lookup)}`,
      subject: lookup,
    };
}

/** Where the store is not well the owner of a lease may be dead, or its word lost: that costs the lease. */
function waitedFor(lookup: Lookup, { fetches, leases, storeWell }: History): Stretch[] {
  const key = keyMaker(lookup.account)(lookup.id);
  return [
    ...fetches
      .filter((fetch) => fetch.gateway === lookup.gateway && aboutTheSame(fetch, lookup))
      .map(({ begin, end }): Stretch => [begin.at, end?.at ?? Infinity]),
    ...leases
      .filter((lease) => lease.gateway !== lookup.gateway && lease.key === key)
      .map(({ begin, end, until }): Stretch => [begin.at, storeWell ? (end?.at ?? until) : until]),
  ];
}

/** How much of the time lies in none of the stretches. */
function uncoveredMs([from, until]: Stretch, stretches: readonly Stretch[]): number {
  let covered = from;
  let uncovered = 0;
  for (const [begin, end] of stretches.toSorted(([a], [b]) => a - b)) {
    uncovered += Math.max(0, Math.min(begin, until) - covered);
    covered = Math.max(covered, end);
  }
  return uncovered + Math.max(0, until - covered);
}
