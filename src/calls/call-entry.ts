import { hash } from 'node:crypto';
import type { Call } from './call.js';
import { isEndState } from './states.js';

/** One answer, ready to send, and what must be known to keep it: the unit that caches hold. */
export interface CallEntry {
  /** The JSON's UTF-8 bytes, one character a byte (latin1): goes out in one write, and V8 keeps it at one byte each. */
  readonly body: string;
  /** Strong entity tag of the body, with its quotes. */
  readonly etag: string;
  readonly version: CallVersion;
  /** Times in milliseconds since the epoch. */
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

/** Turns a call into the bytes that every caller will get. */
export function createEntry(
  call: Call,
  times: Pick<CallEntry, 'fetchedAt' | 'freshUntil' | 'usableUntil'>,
): CallEntry {
  const json = JSON.stringify(call);
  const body = Buffer.from(json, 'utf8').toString('latin1');
  return { body, etag: etagOf(json), version: versionOf(call), ...times };
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

function versionOf(call: Call): CallVersion {
  const rank = call.state === 'FINISHED' ? 2 : isEndState(call.state) ? 1 : 0;
  return { modifiedMs: call.modified === null ? null : millisecondsOf(call.modified), rank };
}

/** With what a fraction has below the millisecond, which `Date` drops. */
function millisecondsOf(time: string): number {
  const [seconds = '', fraction = '0'] = time.slice(0, -1).split('.');
  return Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1000;
}

function etagOf(json: string): string {
  return `"${hash('sha256', json, 'base64url').slice(0, 22)}"`;
}
