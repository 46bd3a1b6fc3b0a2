import type { CallAnswer } from './call-answer.js';

/** An answer and how long it may be used: the unit that caches hold. Times in milliseconds since the epoch. */
export interface CallEntry extends Pick<CallAnswer, 'body' | 'etag' | 'version'> {
  readonly fetchedAt: number;
  readonly freshUntil: number;
  /** Until then the entry may stand in for an upstream that fails. */
  readonly usableUntil: number;
}

/** Orders two answers about one call. */
export interface CallVersion {
  /** CallFire's `Modified` in milliseconds, or null where it sent none. */
  readonly modifiedMs: number | null;
  /** 2 FINISHED, 1 another end state, 0 still in progress. */
  readonly rank: 0 | 1 | 2;
}

/**
 * Whether an answer would take readers back in time if given after `seen`: an end state is never left again, and a
 * later `modified` never followed by an earlier one.
 */
export function isOlder(answer: CallVersion, seen: CallVersion): boolean {
  if (seen.rank > 0 && answer.rank === 0) return true;
  if (answer.modifiedMs !== null && seen.modifiedMs !== null && answer.modifiedMs !== seen.modifiedMs) {
    return answer.modifiedMs < seen.modifiedMs;
  }
  return answer.rank < seen.rank;
}
