import fc from 'fast-check';
import type {
  Call,
  CallRecord,
  Extra,
  ExtraValue,
  Note,
  QuestionResponse,
  Recording,
} from '../../src/calls/call.js';

const AWKWARD_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'a.b-c',
  'é',
  '_',
];
/** The last ones are known to the gateway; in another namespace they are not. */
const EXTRA_NAMES = [
  ...AWKWARD_NAMES,
  'Surcharge',
  'AgentId',
  'Carrier',
  'State',
  'Note',
  'Name',
  'CallRecord',
];

const ordinaryCharacter = fc.constantFrom(...Array.from('abcxyzABC 0123456789+-_.,:/'));
const awkwardCharacter = fc.constantFrom(
  ...['<', '>', '&', '"', "'", ']', '[', '?', '!', '-', '\t', '\n', '\r', 'é', 'ÿ', '€', 'Ж', '漢', '😀'],
  ...[
    '\u00a0',
    '\u0085',
    '\u0091',
    '\u2028',
    '\ufeff',
    '\ufffd',
    '\ue000',
    ']]>',
    '-->',
    '&amp;',
    '&#65;',
    '<![CDATA[',
  ],
);
/** Anything that XML can express. */
const arbitraryText = fc
  .array(fc.oneof({ weight: 4, arbitrary: ordinaryCharacter }, { weight: 1, arbitrary: awkwardCharacter }), {
    maxLength: 12,
  })
  .map((characters) => characters.join(''));
const trimmedText = arbitraryText.map((text) => text.trim());

const LARGEST_LONG = 2n ** 63n - 1n;
const id = fc.bigInt({ min: -LARGEST_LONG - 1n, max: LARGEST_LONG }).map(String);
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const decimal = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const time = fc
  .record({
    date: fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }),
    fraction: fc.option(fc.stringMatching(/^\.[0-9]{1,9}$/), { nil: '' }),
  })
  .map(({ date, fraction }) => `${date.toISOString().slice(0, 19)}${fraction}Z`);

/** Calls as the gateway answers them, with every key in its place. */
export function arbitraryCall(): fc.Arbitrary<Call> {
  const toNumber = fc.oneof(
    fc.constant({ toNumber: null, toNumberAttributes: {} }),
    fc.record({ toNumber: trimmedText, toNumberAttributes: attributes() }),
  );
  return fc
    .record({
      id: fc.bigInt({ min: 1n, max: LARGEST_LONG }).map(String),
      fromNumber: orNull(trimmedText),
      toNumber,
      state: fc.oneof(
        fc.constantFrom('FINISHED', 'READY', 'SELECTED'),
        trimmedText.filter((text) => text !== ''),
      ),
      batchId: orNull(id),
      broadcastId: orNull(id),
      contactId: orNull(id),
      inbound: orNull(fc.boolean()),
      created: orNull(time),
      modified: orNull(time),
      finalResult: orNull(trimmedText),
      labels: few(trimmedText),
      callRecords: few(arbitraryRecord()),
      agentCall: orNull(fc.boolean()),
      notes: few(arbitraryNote()),
      leftOver: leftOver(),
    })
    .map(({ id, fromNumber, toNumber, leftOver, ...rest }) => ({
      id,
      fromNumber,
      ...toNumber,
      ...rest,
      ...leftOver,
    }));
}

function arbitraryRecord(): fc.Arbitrary<CallRecord> {
  return withLeftOver({
    id: orNull(id),
    result: orNull(trimmedText),
    finishTime: orNull(time),
    billedAmount: orNull(decimal),
    questionResponses: few(arbitraryQuestionResponse()),
    switchId: orNull(trimmedText),
    callerName: orNull(trimmedText),
    originateTime: orNull(time),
    answerTime: orNull(time),
    duration: orNull(int),
    recordings: few(arbitraryRecording()),
    notes: few(arbitraryNote()),
  });
}

function arbitraryQuestionResponse(): fc.Arbitrary<QuestionResponse> {
  return withLeftOver({ question: orNull(trimmedText), response: orNull(trimmedText) });
}

function arbitraryRecording(): fc.Arbitrary<Recording> {
  return withLeftOver({
    id: orNull(id),
    name: orNull(trimmedText),
    created: orNull(time),
    lengthInSeconds: orNull(int),
    link: orNull(trimmedText),
  });
}

function arbitraryNote(): fc.Arbitrary<Note> {
  return withLeftOver({ text: orNull(trimmedText), created: orNull(time) });
}

function withLeftOver<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<
  T & { extra?: Extra }
> {
  return fc.tuple(fc.record(model), leftOver()).map(([object, extra]) => ({ ...object, ...extra }));
}

function leftOver(): fc.Arbitrary<{ extra?: Extra }> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: lists(2).map((entries) => ({ extra: Object.fromEntries(entries) })) },
  );
}

function lists(depth: number): fc.Arbitrary<[string, ExtraValue[]][]> {
  const values = fc.array(depth === 0 ? trimmedText : arbitraryValue(depth - 1), {
    minLength: 1,
    maxLength: 2,
  });
  return fc.uniqueArray(fc.tuple(fc.constantFrom(...EXTRA_NAMES), values), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 3,
  });
}

function arbitraryValue(depth: number): fc.Arbitrary<ExtraValue> {
  const object = fc
    .tuple(attributes(1), trimmedText, fc.oneof(fc.constant([]), lists(depth)))
    .map(([attributes, text, children]) =>
      Object.fromEntries<string | readonly ExtraValue[]>([
        ...Object.entries(attributes).map(([name, value]) => [`@${name}`, value] as const),
        ...(text === '' ? [] : [['#text', text] as const]),
        ...children,
      ]),
    );
  return fc.oneof(trimmedText, object);
}

function attributes(minLength = 0): fc.Arbitrary<Record<string, string>> {
  const name = fc.constantFrom(...AWKWARD_NAMES, 'context', 'verifyDigits', 'ClientData', 'id');
  return fc
    .uniqueArray(fc.tuple(name, arbitraryText), { selector: ([key]) => key, minLength, maxLength: 4 })
    .map((entries) => Object.fromEntries(entries));
}

function orNull<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(arbitrary, { nil: null, freq: 3 });
}

function few<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<T[]>([]) },
    { weight: 1, arbitrary: fc.array(arbitrary, { minLength: 1, maxLength: 3 }) },
  );
}
