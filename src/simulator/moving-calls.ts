import type { CallFields } from './call-fields.js';
import { recordingOf } from './finished-calls.js';
import { between, randomFor } from './random.js';
import { timeText } from './time-text.js';

/** A call that is under way: when it leaves each state, in milliseconds after it was created. */
export interface MovingCall {
  readonly id: string;
  readonly fromNumber?: string;
  readonly toNumber: string;
  readonly broadcastId: string;
  readonly createdMs: number;
  readonly selectedAfterMs: number;
  readonly finishedAfterMs: number;
  /** From then on the record has a recording, and the call a note. */
  readonly recordedAfterMs: number;
}

/** 1001 to 1009. The first keeps to 5, 10 and 15 seconds, the others take times of their own from the seed. */
export function builtInMovingCalls(seed: number, createdMs: number): MovingCall[] {
  const common = { broadcastId: '1836950001', createdMs };
  const others = Array.from({ length: 8 }, (_, index) => {
    const id = String(1002 + index);
    return { ...common, id, toNumber: `1919699${id}`, ...seededCourse(seed, id) };
  });
  const first = { selectedAfterMs: 5_000, finishedAfterMs: 10_000, recordedAfterMs: 15_000 };
  return [{ ...common, id: '1001', toNumber: '19196991001', ...first }, ...others];
}

/** When a call moves on, the same for the same seed and id. */
export function seededCourse(seed: number, id: string) {
  const random = randomFor(seed, id);
  const selectedAfterMs = between(random, 2_000, 10_000);
  const finishedAfterMs = selectedAfterMs + between(random, 2_000, 20_000);
  return {
    selectedAfterMs,
    finishedAfterMs,
    recordedAfterMs: finishedAfterMs + between(random, 1_000, 10_000),
  };
}

/** What CallFire says about the call at `nowMs`. A number that cannot exist is INVALID as soon as it is tried. */
export function callAt(call: MovingCall, nowMs: number): CallFields {
  const { id, fromNumber, toNumber, broadcastId, createdMs } = call;
  const after = nowMs - createdMs;
  const fields = { fromNumber, toNumber, broadcastId, inbound: false, created: timeText(createdMs) };
  if (after < call.selectedAfterMs) return { ...fields, state: 'READY' };
  const selected = timeText(createdMs + call.selectedAfterMs);
  if (!/^\+?[0-9]{10,15}$/.test(toNumber)) return { ...fields, state: 'INVALID', modified: selected };
  if (after < call.finishedAfterMs) return { ...fields, state: 'SELECTED', modified: selected };
  const recorded = after >= call.recordedAfterMs ? timeText(createdMs + call.recordedAfterMs) : undefined;
  const modified = timeText(createdMs + call.finishedAfterMs);
  return {
    ...fields,
    state: 'FINISHED',
    modified,
    finalResult: 'LA',
    records: [recordOf(id, selected, modified, recorded)],
    notes: recorded === undefined ? [] : [{ text: 'recording checked', created: recorded }],
  };
}

function recordOf(id: string, originateTime: string, finishTime: string, recorded: string | undefined) {
  const duration = (Date.parse(finishTime) - Date.parse(originateTime)) / 1000 - 1;
  return {
    id: `${id}001`,
    result: 'LA',
    finishTime,
    billedAmount: '0.1',
    originateTime,
    answerTime: timeText(Date.parse(originateTime) + 1000),
    duration,
    recordings: recorded === undefined ? [] : [recordingOf(id, recorded, duration)],
  };
}
