import type { CacheOutcome } from '../calls/lookup-result.js';
import { createSecondsText } from './seconds-text.js';

/** What is left of an entry's freshness in whole seconds, rounded so that it makes up the whole together with `Age`. */
export function secondsLeft(freshUntil: number, now: number): number {
  return Math.ceil((freshUntil - now) / 1000);
}

/** The `Cache-Status` field (RFC 9211) for an outcome. */
export function cacheStatus(outcome: CacheOutcome, now: number): string {
  if (outcome.kind === 'hit') return hitWith(secondsLeft(outcome.freshUntil, now));
  if (outcome.kind === 'not-forwarded') return 'callfire-gateway; detail=not-cached';
  let field = `callfire-gateway; fwd=${outcome.reason}`;
  if (outcome.status !== undefined) field += `; fwd-status=${outcome.status}`;
  if (outcome.stored === true) field += '; stored';
  if (outcome.collapsed === true) field += '; collapsed';
  if (outcome.failure !== undefined && outcome.status === undefined) field += `; detail=${outcome.failure}`;
  return field;
}

const hitWith = createSecondsText('callfire-gateway; hit; ttl=');

/** One word for the log line. */
export function cacheWord(outcome: CacheOutcome): string {
  if (outcome.kind !== 'forwarded') return outcome.kind;
  if (outcome.collapsed === true) return 'collapsed';
  return outcome.reason === 'uri-miss' ? 'miss' : outcome.reason;
}
