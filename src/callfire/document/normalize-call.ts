import type { Call, CallRecord, Note, QuestionResponse, Recording } from '../../calls/call.js';
import { CALL, CALL_RECORD, LABEL, NOTE, QUESTION_RESPONSE, RECORDING } from './call-shapes.js';
import { attributeOf, partsOf } from './element-parts.js';
import { invalidDocument } from '../xml/invalid-document.js';
import { canonicalId, readBoolean, readDecimal, readId, readInteger, readText, readTime } from './scalars.js';
import type { XmlElement } from '../xml/xml-element.js';

/**
 * Reads CallFire's `Call` element. Only `id` and `State` must be there, in whatever order, and what is not known is kept
 * as `extra`. Throws `upstream-invalid-response` for what does not read as its type or stands twice.
 */
export function normalizeCall(element: XmlElement): Call {
  const parts = partsOf(element, CALL);
  const toNumber = parts.one('ToNumber');
  return {
    id: readCallId(element),
    fromNumber: readText(parts.one('FromNumber')),
    toNumber: readText(toNumber),
    toNumberAttributes: readAttributes(toNumber),
    state: readState(parts.one('State')),
    batchId: readId(parts.one('BatchId')),
    broadcastId: readId(parts.one('BroadcastId')),
    contactId: readId(parts.one('ContactId')),
    inbound: readBoolean(parts.one('Inbound')),
    created: readTime(parts.one('Created')),
    modified: readTime(parts.one('Modified')),
    finalResult: readText(parts.one('FinalResult')),
    labels: parts.all('Label').map(readLabel),
    callRecords: parts.all('CallRecord').map(normalizeRecord),
    agentCall: readBoolean(parts.one('AgentCall')),
    notes: parts.all('Note').map(normalizeNote),
    ...parts.leftOver,
  };
}

function normalizeRecord(element: XmlElement): CallRecord {
  const parts = partsOf(element, CALL_RECORD);
  return {
    id: readIdAttribute(element),
    result: readText(parts.one('Result')),
    finishTime: readTime(parts.one('FinishTime')),
    billedAmount: readDecimal(parts.one('BilledAmount')),
    questionResponses: parts.all('QuestionResponse').map(normalizeQuestionResponse),
    switchId: readText(parts.one('SwitchId')),
    callerName: readText(parts.one('CallerName')),
    originateTime: readTime(parts.one('OriginateTime')),
    answerTime: readTime(parts.one('AnswerTime')),
    duration: readInteger(parts.one('Duration')),
    recordings: parts.all('RecordingMeta').map(normalizeRecording),
    notes: parts.all('Note').map(normalizeNote),
    ...parts.leftOver,
  };
}

function normalizeQuestionResponse(element: XmlElement): QuestionResponse {
  const parts = partsOf(element, QUESTION_RESPONSE);
  return {
    question: readText(parts.one('Question')),
    response: readText(parts.one('Response')),
    ...parts.leftOver,
  };
}

function normalizeRecording(element: XmlElement): Recording {
  const parts = partsOf(element, RECORDING);
  return {
    id: readIdAttribute(element),
    name: readText(parts.one('Name')),
    created: readTime(parts.one('Created')),
    lengthInSeconds: readInteger(parts.one('LengthInSeconds')),
    link: readText(parts.one('Link')),
    ...parts.leftOver,
  };
}

function normalizeNote(element: XmlElement): Note {
  const parts = partsOf(element, NOTE);
  return { text: readText(parts.one('Text')), created: readTime(parts.one('Created')), ...parts.leftOver };
}

function readCallId(element: XmlElement): string {
  const id = readIdAttribute(element);
  if (id === null) throw invalidDocument('its Call has no id');
  return id;
}

function readState(element: XmlElement | undefined): string {
  const state = readText(element);
  if (state === null || state === '') throw invalidDocument('its Call has no State');
  return state;
}

/** A list of strings has no place for null: a label without a name is an empty one. */
function readLabel(element: XmlElement): string {
  return readText(partsOf(element, LABEL).one('Name')) ?? '';
}

function readIdAttribute(element: XmlElement): string | null {
  const text = attributeOf(element, 'id');
  if (text === undefined) return null;
  const id = canonicalId(text.trim());
  if (id === undefined) throw invalidDocument(`the id of a ${element.name} is not a 64-bit number`);
  return id;
}

/** Names come from outside: `Object.fromEntries` makes even `__proto__` a plain key. */
function readAttributes(element: XmlElement | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    element?.attributes.map(({ qualifiedName, value }) => [qualifiedName, value]) ?? [],
  );
}
