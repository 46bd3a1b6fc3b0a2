import { describeLookup, type History, type Lookup } from '../history.js';
import { nameOf } from '../versions.js';
import {
  aboutTheSame,
  companions,
  heldBefore,
  heldDuring,
  isBackwards,
  isBefore,
  versionIn,
  versionOf,
} from './evidence.js';
import type { Violation } from './violation.js';

/** Failures of CallFire that a kept answer stands in for. */
const OUTAGES = new Set([
  'upstream-unreachable',
  'upstream-error',
  'upstream-invalid-response',
  'upstream-timeout',
  'upstream-rate-limited',
  'upstream-unavailable',
  'overloaded',
]);

/** 6: no failure of CallFire costs an entry, and while a reachable store holds one, a plain lookup is answered. */
export function* nothingLost(history: History): Iterable<Violation> {
  for (const change of history.changes) {
    const before = heldBefore(change, history.changes);
    if ('put' in change.cause && before !== undefined && versionIn(change) === undefined)
      yield {
        invariant: 6,
        what: `${change.cause.put} destroyed the entry ${nameOf(before)}`,
        subject: before,
      };
  }
  for (const lookup of history.lookups) {
    if (isOutage(lookup) && couldBeAnswered(lookup, history))
      yield { invariant: 6, what: `The store has an entry, but: ${describeLookup(lookup)}`, subject: lookup };
  }
}

function isOutage({ answer, wish }: Lookup): boolean {
  if (answer === undefined || !('error' in answer) || wish.noCache || wish.onlyIfCached) return false;
  return OUTAGES.has(answer.error.code);
}

/**
 * Whether the store was reachable and all the while held what would not have taken readers back. For a lookup that may have joined
 * others: since the first of those began, because it was then that the store was asked.
 */
function couldBeAnswered(lookup: Lookup, { lookups, changes }: History): boolean {
  const { end } = lookup;
  const party = [lookup, ...companions(lookup, lookups)];
  const [first] = party.toSorted((a, b) => a.begin.order - b.begin.order);
  if (end === undefined || first === undefined) return false;
  if (party.some(({ storeReachable }) => storeReachable === false)) return false;
  const given = lookups
    .filter((other) => other.gateway === lookup.gateway && aboutTheSame(other, lookup))
    .flatMap((other) => (isBefore(other.end, end) ? (versionOf(other) ?? []) : []));
  const held = heldDuring(lookup, { begin: first.begin, end }, changes);
  return held?.every((entry) => given.every((seen) => !isBackwards(seen, entry))) === true;
}
