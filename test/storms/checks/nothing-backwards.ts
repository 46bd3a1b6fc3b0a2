import { describeLookup, type Change, type History, type Lookup } from '../history.js';
import { WELL_NEWS_MS } from '../redis-link.js';
import { nameOf } from '../versions.js';
import { aboutTheSame, heldBefore, isBackwards, isBefore, versionIn, versionOf } from './evidence.js';
import type { Violation } from './violation.js';

/**
 * 3: no reader goes backwards. At one gateway, whoever reads: an answer is not older than one that was given before it was
 * asked for. At all of them, while the store is well: nor older than what the store has taken and had time to announce.
 * And nobody replaces what the store holds by something older.
 */
export function* nothingBackwards({ lookups, changes, storeWell }: History): Iterable<Violation> {
  for (const change of changes) yield* replacesNewer(change, changes);
  for (const later of lookups) {
    for (const sooner of lookups) yield* isBehind(sooner, later);
    if (storeWell) for (const change of changes) yield* isBehindTheStore(change, later);
  }
}

function* replacesNewer(change: Change, changes: readonly Change[]): Iterable<Violation> {
  const [before, after] = [heldBefore(change, changes), versionIn(change)];
  if (!('put' in change.cause) || before === undefined || after === undefined) return;
  if (isBackwards(before, after))
    yield {
      invariant: 3,
      what: `${change.cause.put} replaced ${nameOf(before)} by ${nameOf(after)}`,
      subject: after,
    };
}

function* isBehind(sooner: Lookup, later: Lookup): Iterable<Violation> {
  if (sooner.gateway !== later.gateway || !aboutTheSame(sooner, later)) return;
  const [seen, version] = [versionOf(sooner), versionOf(later)];
  if (seen === undefined || version === undefined || !isBefore(sooner.end, later.begin)) return;
  if (isBackwards(seen, version))
    yield {
      invariant: 3,
      what: `${describeLookup(sooner)}; then ${describeLookup(later)}`,
      subject: later,
    };
}

function* isBehindTheStore(change: Change, later: Lookup): Iterable<Violation> {
  const [taken, version] = [versionIn(change), versionOf(later)];
  if (taken === undefined || version === undefined || !aboutTheSame(taken, later)) return;
  const known = change.when.at + WELL_NEWS_MS < later.begin.at;
  if (known && isBackwards(taken, version))
    yield {
      invariant: 3,
      what: `The store has ${nameOf(taken)}; then ${describeLookup(later)}`,
      subject: later,
    };
}
