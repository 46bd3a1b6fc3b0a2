import type { Occurrence, Shape } from './element-parts.js';

/** Which children CallFire's elements are known to have, all of them in its data namespace. */

export const LABEL: Shape = new Map([['Name', 'once']]);
export const CALL: Shape = new Map<string, Occurrence>([
  ...once(
    'FromNumber',
    'ToNumber',
    'State',
    'BatchId',
    'BroadcastId',
    'ContactId',
    'Inbound',
    'Created',
    'Modified',
  ),
  ...once('FinalResult', 'AgentCall'),
  ...many('CallRecord', 'Note'),
  ['Label', { bare: LABEL }],
]);
export const CALL_RECORD: Shape = new Map<string, Occurrence>([
  ...once(
    'Result',
    'FinishTime',
    'BilledAmount',
    'SwitchId',
    'CallerName',
    'OriginateTime',
    'AnswerTime',
    'Duration',
  ),
  ...many('QuestionResponse', 'RecordingMeta', 'Note'),
]);
export const QUESTION_RESPONSE: Shape = new Map(once('Question', 'Response'));
export const RECORDING: Shape = new Map(once('Name', 'Created', 'LengthInSeconds', 'Link'));
export const NOTE: Shape = new Map(once('Text', 'Created'));

function once(...names: string[]): [string, 'once'][] {
  return names.map((name) => [name, 'once']);
}

function many(...names: string[]): [string, 'many'][] {
  return names.map((name) => [name, 'many']);
}
