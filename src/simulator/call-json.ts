import { DEFAULT_CALL, defaultRecord } from './call-defaults.js';
import type { CallFields, NoteFields, RecordFields } from './call-fields.js';

type Json =
  string | number | bigint | boolean | undefined | readonly Json[] | { readonly [key: string]: Json };

/** CallFire's own JSON for one call: element names as keys, `@` before attributes, ids as numbers of any length. */
export function callJson(id: string, call: CallFields): string {
  return jsonText({ Resource: { Call: callObject(id, call) } });
}

/** The same for a page of a list. */
export function callListJson(
  calls: readonly (readonly [id: string, call: CallFields])[],
  totalResults: number,
): string {
  return jsonText({
    ResourceList: { '@totalResults': totalResults, Call: calls.map(([id, call]) => callObject(id, call)) },
  });
}

function callObject(id: string, call: CallFields): Json {
  const created = call.created ?? DEFAULT_CALL.created;
  return {
    '@id': BigInt(id),
    FromNumber: call.fromNumber ?? DEFAULT_CALL.fromNumber,
    ToNumber: { ...attributes(call.toNumberAttributes), value: call.toNumber ?? DEFAULT_CALL.toNumber },
    State: call.state,
    BatchId: number(call.batchId),
    BroadcastId: number(call.broadcastId),
    ContactId: number(call.contactId ?? DEFAULT_CALL.contactId),
    Inbound: call.inbound ?? false,
    Created: created,
    Modified: call.modified ?? created,
    FinalResult: call.finalResult,
    Label: list(call.labels, (label) => ({ Name: label })),
    CallRecord: list(call.records, (record, index) => recordObject(record, defaultRecord(id, call, index))),
    AgentCall: call.agentCall,
    Note: list(call.notes, noteObject),
  };
}

function recordObject(record: RecordFields, fallback: ReturnType<typeof defaultRecord>): Json {
  return {
    '@id': BigInt(record.id ?? fallback.id),
    Result: record.result ?? fallback.result,
    FinishTime: record.finishTime ?? fallback.finishTime,
    BilledAmount: Number(record.billedAmount ?? fallback.billedAmount),
    QuestionResponse: list(record.questionResponses, ({ question, response }) => ({
      Question: question,
      Response: response,
    })),
    SwitchId: record.switchId,
    CallerName: record.callerName,
    OriginateTime: record.originateTime,
    AnswerTime: record.answerTime,
    Duration: record.duration ?? 0,
    RecordingMeta: list(record.recordings, (recording) => ({
      '@id': BigInt(recording.id),
      Name: recording.name,
      Created: recording.created,
      LengthInSeconds: recording.lengthInSeconds,
      Link: recording.link,
    })),
    Note: list(record.notes, noteObject),
  };
}

function noteObject(note: NoteFields): Json {
  return { Text: note.text, Created: note.created };
}

function attributes(named: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [`@${name}`, value]));
}

function number(id: string | undefined): bigint | undefined {
  return id === undefined ? undefined : BigInt(id);
}

function list<T>(items: readonly T[] | undefined, shape: (item: T, index: number) => Json): Json {
  return items === undefined || items.length === 0 ? undefined : items.map(shape);
}

/** JSON.stringify refuses bigints, and ids do not fit a number. */
function jsonText(value: Json): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member)}`).join(',')}}`;
}
