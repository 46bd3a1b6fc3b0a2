import { hash } from 'node:crypto';
import type { CallVersion } from './call-entry.js';
import type { Call } from './call.js';
import { isEndState } from './states.js';

/** A call as its readers get it, with what must be known to keep it. Plain data: it may come from another thread. */
export interface CallAnswer {
  readonly id: string;
  readonly state: string;
  readonly modified: string | null;
  /** The JSON's UTF-8 bytes, one character a byte (latin1): goes out in one write, and V8 keeps it at one byte each. */
  readonly body: string;
  /** Strong entity tag of the body, with its quotes. */
  readonly etag: string;
  readonly version: CallVersion;
}

/** Turns a call into the bytes that every reader will get. */
export function answerWith(call: Call): CallAnswer {
  const json = JSON.stringify(call);
  const { id, state, modified } = call;
  const body = Buffer.from(json, 'utf8').toString('latin1');
  return { id, state, modified, body, etag: etagOf(json), version: versionOf(call) };
}

function versionOf({ state, modified }: Call): CallVersion {
  const rank = state === 'FINISHED' ? 2 : isEndState(state) ? 1 : 0;
  return { modifiedMs: modified === null ? null : millisecondsOf(modified), rank };
}

/** With what a fraction has below the millisecond, which `Date` drops. */
function millisecondsOf(time: string): number {
  const [seconds = '', fraction = '0'] = time.slice(0, -1).split('.');
  return Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1000;
}

function etagOf(json: string): string {
  return `"${hash('sha256', json, 'base64url').slice(0, 22)}"`;
}
