import { DEFAULT_CALL, defaultRecord } from './call-defaults.js';
import type { CallFields, NoteFields, RecordFields, RecordingFields } from './call-fields.js';
import { escapeAttribute, escapeText, xmlDocument } from './xml.js';

/** A Resource document that holds the call; elements stand in the order of CallFire's schema. */
export function callDocument(id: string, call: CallFields): string {
  return xmlDocument('Resource', callElement(id, call));
}

/** A ResourceList document. `totalResults` counts all that match, not only the calls of this page. */
export function callListDocument(
  calls: Iterable<readonly [id: string, call: CallFields]>,
  totalResults: number,
): string {
  let content = '';
  for (const [id, call] of calls) content += callElement(id, call);
  return xmlDocument('ResourceList', content, ` totalResults="${totalResults}"`);
}

function callElement(id: string, call: CallFields): string {
  const created = call.created ?? DEFAULT_CALL.created;
  return (
    `  <Call id="${id}">\n` +
    element('    ', 'FromNumber', call.fromNumber ?? DEFAULT_CALL.fromNumber) +
    toNumber(call) +
    element('    ', 'State', call.state) +
    element('    ', 'BatchId', call.batchId) +
    element('    ', 'BroadcastId', call.broadcastId) +
    element('    ', 'ContactId', call.contactId ?? DEFAULT_CALL.contactId) +
    element('    ', 'Inbound', call.inbound ?? false) +
    element('    ', 'Created', created) +
    element('    ', 'Modified', call.modified ?? created) +
    element('    ', 'FinalResult', call.finalResult) +
    each(call.labels, (label) => `    <Label>\n${element('      ', 'Name', label)}    </Label>\n`) +
    each(call.records, (record, index) => recordElement(record, defaultRecord(id, call, index))) +
    element('    ', 'AgentCall', call.agentCall) +
    notes('    ', call.notes) +
    '  </Call>\n'
  );
}

function toNumber({ toNumber: number = DEFAULT_CALL.toNumber, toNumberAttributes = {} }: CallFields): string {
  let attributes = '';
  for (const name in toNumberAttributes) {
    attributes += ` ${name}="${escapeAttribute(toNumberAttributes[name] ?? '')}"`;
  }
  return `    <ToNumber${attributes}>${escapeText(number)}</ToNumber>\n`;
}

function recordElement(record: RecordFields, fallback: ReturnType<typeof defaultRecord>): string {
  const at = '      ';
  return (
    `    <CallRecord id="${record.id ?? fallback.id}">\n` +
    element(at, 'Result', record.result ?? fallback.result) +
    element(at, 'FinishTime', record.finishTime ?? fallback.finishTime) +
    element(at, 'BilledAmount', record.billedAmount ?? fallback.billedAmount) +
    each(
      record.questionResponses,
      ({ question, response }) =>
        `${at}<QuestionResponse>\n${element('        ', 'Question', question)}${element('        ', 'Response', response)}${at}</QuestionResponse>\n`,
    ) +
    element(at, 'SwitchId', record.switchId) +
    element(at, 'CallerName', record.callerName) +
    element(at, 'OriginateTime', record.originateTime) +
    element(at, 'AnswerTime', record.answerTime) +
    element(at, 'Duration', record.duration ?? 0) +
    each(record.recordings, recordingElement) +
    notes(at, record.notes) +
    '    </CallRecord>\n'
  );
}

function recordingElement(recording: RecordingFields): string {
  const at = '        ';
  return (
    `      <RecordingMeta id="${recording.id}">\n` +
    element(at, 'Name', recording.name) +
    element(at, 'Created', recording.created) +
    element(at, 'LengthInSeconds', recording.lengthInSeconds) +
    element(at, 'Link', recording.link) +
    '      </RecordingMeta>\n'
  );
}

function notes(at: string, list: readonly NoteFields[] | undefined): string {
  return each(
    list,
    (note) =>
      `${at}<Note>\n${element(`${at}  `, 'Text', note.text)}${element(`${at}  `, 'Created', note.created)}${at}</Note>\n`,
  );
}

function element(at: string, name: string, value: string | number | boolean | undefined): string {
  if (value === undefined) return '';
  return `${at}<${name}>${typeof value === 'string' ? escapeText(value) : String(value)}</${name}>\n`;
}

function each<T>(items: readonly T[] | undefined, write: (item: T, index: number) => string): string {
  let written = '';
  if (items !== undefined)
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index];
      if (item !== undefined) written += write(item, index);
    }
  return written;
}
