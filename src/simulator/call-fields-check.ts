import type {
  CallFields,
  NoteFields,
  QuestionResponseFields,
  RecordFields,
  RecordingFields,
} from './call-fields.js';
import { decimal, flag, integer, listOf, mapOf, matching, object, text } from './checks.js';

/** @throws TypeError with one line that names what is wrong. */
export function assertCallFields(value: unknown): asserts value is CallFields {
  const complaint = CALL(value, 'call');
  if (complaint !== undefined) throw new TypeError(complaint);
}

const id = matching(/^[0-9]+$/, 'a string of digits');
const seconds = integer(0);
const attributes = mapOf(matching(/^(?!xmlns)[A-Za-z_][\w.-]*$/, 'an XML attribute name'), text);

const NOTE = object<NoteFields>({ text, created: text }, ['text']);
const RECORDING = object<RecordingFields>(
  { id, name: text, created: text, lengthInSeconds: seconds, link: text },
  ['id', 'name', 'created'],
);
const QUESTION_RESPONSE = object<QuestionResponseFields>({ question: text, response: text }, [
  'question',
  'response',
]);
const RECORD = object<RecordFields>({
  id,
  result: text,
  finishTime: text,
  billedAmount: decimal,
  questionResponses: listOf(QUESTION_RESPONSE),
  switchId: text,
  callerName: text,
  originateTime: text,
  answerTime: text,
  duration: seconds,
  recordings: listOf(RECORDING),
  notes: listOf(NOTE),
});
const CALL = object<CallFields>(
  {
    state: text,
    fromNumber: text,
    toNumber: text,
    toNumberAttributes: attributes,
    batchId: id,
    broadcastId: id,
    contactId: id,
    inbound: flag,
    created: text,
    modified: text,
    finalResult: text,
    labels: listOf(text),
    records: listOf(RECORD),
    agentCall: flag,
    notes: listOf(NOTE),
  },
  ['state'],
);
