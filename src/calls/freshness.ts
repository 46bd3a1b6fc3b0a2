import type { CallAnswer } from './call-answer.js';

/** What operators decide about keeping answers. */
export interface FreshnessPolicy {
  /** The states whose calls are kept; each is an end state. */
  readonly states: ReadonlySet<string>;
  /** How long a settled call is fresh. */
  readonly ttlSeconds: number;
  /** How long after its last modification recordings, labels and notes may still join a call. */
  readonly settleSeconds: number;
  /** How long past its freshness an entry may stand in for a failing upstream. */
  readonly staleSeconds: number;
  /** How long a 404 is remembered. */
  readonly negativeSeconds: number;
}

/**
 * How long an answer fetched at `now` stays fresh, in milliseconds; 0 means that it is not kept at all.
 * A call that may still settle is fresh only until it has; without a usable `modified` it counts as modified just now.
 */
export function freshForMs(
  call: Pick<CallAnswer, 'state' | 'modified'>,
  policy: FreshnessPolicy,
  now: number,
): number {
  if (!policy.states.has(call.state)) return 0;
  const ttlMs = policy.ttlSeconds * 1000;
  const settleMs = policy.settleSeconds * 1000;
  const ageMs = call.modified === null ? 0 : Math.max(0, now - Date.parse(call.modified));
  return ageMs < settleMs ? Math.min(ttlMs, settleMs - ageMs) : ttlMs;
}
