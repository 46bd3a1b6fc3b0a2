import type { CallFields, RecordingFields } from './call-fields.js';
import { between, pick, randomFor, type Random } from './random.js';
import { timeText } from './time-text.js';

/** The small population that `GET /call` lists too. */
export const POPULATION_IDS: readonly string[] = Array.from({ length: 999 }, (_, index) =>
  String(2001 + index),
);

/** Whether the id is in the range whose calls are made up when asked for, and not remembered. */
export function isMadeUp(id: string): boolean {
  return id.length === 10 && id.startsWith('5');
}

const EPOCH_MS = Date.UTC(2015, 0, 1);
const YEAR_SECONDS = 365 * 86_400;
const RESULTS = ['LA', 'LA', 'LA', 'LA', 'AM', 'AM', 'BUSY', 'NO_ANS', 'XFER', 'CARRIER_ERROR'] as const;

/** A call that finished long ago. The same seed and id give the same call. */
export function finishedCall(seed: number, id: string): CallFields {
  const random = randomFor(seed, id);
  const inbound = random() < 0.1;
  const createdMs = EPOCH_MS + between(random, 0, YEAR_SECONDS) * 1000;
  const finalResult = pick(random, ...RESULTS);
  const attempts = inbound || random() < 0.7 ? 1 : between(random, 2, 3);
  const attempt = (number: number, result: string) =>
    attemptOf(random, { id, inbound, originateMs: createdMs + (number - 1) * 600_000, number, result });
  const newest = attempt(attempts, finalResult);
  const records = [newest];
  for (let number = attempts - 1; number >= 1; number -= 1) {
    records.push(attempt(number, pick(random, 'BUSY', 'NO_ANS')));
  }
  return {
    state: 'FINISHED',
    fromNumber: random() < 0.05 ? '67076' : `1213${between(random, 2000000, 9999999)}`,
    toNumber: `1919${between(random, 2000000, 9999999)}`,
    toNumberAttributes:
      random() < 0.3 ? { ClientData: pick(random, 'order 17 & 18', 'Söhne "Nord"', '<none>') } : {},
    batchId: inbound || random() < 0.5 ? undefined : String(1190000 + between(random, 1, 9)),
    broadcastId: inbound ? undefined : String(1836940001 + between(random, 1, 5)),
    contactId: String(169915679001 + between(random, 1, 1e9)),
    inbound,
    created: timeText(createdMs),
    modified: timeText(Date.parse(newest.finishTime) - between(random, 0, 2) * 1000),
    finalResult,
    labels: random() < 0.3 ? ['follow up', 'Müller & Co'].slice(0, between(random, 1, 2)) : [],
    records,
    agentCall: random() < 0.2 ? random() < 0.5 : undefined,
    notes:
      random() < 0.1
        ? [{ text: 'asked to be called again < 17:00', created: timeText(createdMs + 7_200_000) }]
        : [],
  };
}

interface Attempt {
  readonly id: string;
  readonly inbound: boolean;
  readonly originateMs: number;
  readonly number: number;
  readonly result: string;
}

function attemptOf(random: Random, { id, inbound, originateMs, number, result }: Attempt) {
  const answerMs = originateMs + between(random, 3, 30) * 1000;
  const answered = result === 'LA' || result === 'AM' || result === 'XFER';
  const duration = answered ? between(random, 1, 400) : 0;
  const finishTime = timeText(answerMs + duration * 1000);
  return {
    id: `${id}00${number}`,
    result,
    finishTime,
    billedAmount: answered ? (duration / 60).toFixed(4).replace(/0{1,3}$/, '') : '0.0',
    questionResponses:
      answered && random() < 0.2 ? [{ question: 'satisfied?', response: pick(random, '1', 'yes & no') }] : [],
    switchId: random() < 0.3 ? '6f1e2a44-8a52-4a52-9f0e-0d6c6f0f6a11' : undefined,
    callerName: random() < 0.2 ? `dialer-${between(random, 1, 40)}` : undefined,
    originateTime: inbound ? undefined : timeText(originateMs),
    answerTime: answered ? timeText(answerMs) : undefined,
    duration,
    recordings: result === 'LA' && random() < 0.3 ? [recordingOf(id, finishTime, duration)] : [],
  };
}

/** A recording that can be had below `/call/{id}/`. */
export function recordingOf(callId: string, created: string, lengthInSeconds: number): RecordingFields {
  const link = `https://www.callfire.com/api/1.1/rest/call/${callId}/answer.mp3`;
  return { id: `${callId}900`, name: 'answer', created, lengthInSeconds, link };
}
