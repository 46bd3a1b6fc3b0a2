import { keyMaker } from '../gateway.js';
import type { Change, Lookup, Moment, Span, Subject } from '../history.js';
import { versionWith, type Version } from '../versions.js';

const END_STATES = new Set(['FINISHED', 'DNC']);

/** In the invariant's words, not by `isOlder`, which is on trial: FINISHED, then not; a later `modified`, then an earlier one. */
export function isBackwards(from: Version, to: Version): boolean {
  if (END_STATES.has(from.state) && !END_STATES.has(to.state)) return true;
  return from.modified !== null && to.modified !== null && to.modified < from.modified;
}

export function bodyOf({ answer }: Lookup): string | undefined {
  return answer !== undefined && 'body' in answer ? answer.body : undefined;
}

/** Which version of a call was answered. */
export function versionOf(lookup: Lookup): Version | undefined {
  const body = bodyOf(lookup);
  return body === undefined ? undefined : versionWith(body);
}

/** Which version of a call the store had from then on. */
export function versionIn({ body }: Change): Version | undefined {
  return body === undefined ? undefined : versionWith(body);
}

export function aboutTheSame(one: Subject, other: Subject): boolean {
  return one.id === other.id && one.account === other.account;
}

export function isBefore(one: Moment | undefined, other: Moment): boolean {
  return one !== undefined && one.order < other.order;
}

export function overlap(one: Span, other: Span): boolean {
  return !isBefore(one.end, other.begin) && !isBefore(other.end, one.begin);
}

/** The lookups whose fetch this one may have shared: of the same call, at the same gateway, at the same time. */
export function companions(lookup: Lookup, lookups: readonly Lookup[]): Lookup[] {
  return lookups.filter(
    (other) =>
      other !== lookup &&
      other.gateway === lookup.gateway &&
      aboutTheSame(other, lookup) &&
      overlap(other, lookup),
  );
}

/** What the store held, and could still be used, before a change under the same key. */
export function heldBefore({ when, key }: Change, changes: readonly Change[]): Version | undefined {
  const replaced = changes.findLast((change) => change.key === key && isBefore(change.when, when));
  return replaced === undefined || replaced.usableUntil <= when.at ? undefined : versionIn(replaced);
}

/** All that the store held of a call between two moments; undefined if at any of them that was nothing of use. */
export function heldDuring(
  { account, id }: Subject,
  { begin, end }: Required<Span>,
  changes: readonly Change[],
): Version[] | undefined {
  const key = keyMaker(account)(id);
  const own = changes.filter((change) => change.key === key && isBefore(change.when, end));
  const first = own.findLastIndex((change) => isBefore(change.when, begin));
  if (first === -1) return undefined;
  const held: Version[] = [];
  for (const change of own.slice(first)) {
    const version = versionIn(change);
    if (version === undefined || change.usableUntil <= end.at) return undefined;
    held.push(version);
  }
  return held;
}
