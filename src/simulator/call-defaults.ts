import type { CallFields } from './call-fields.js';

/** What stands in for elements that CallFire always sends and the fields do not name. */
export const DEFAULT_CALL = {
  fromNumber: '12132609784',
  toNumber: '19196991764',
  contactId: '169915679001',
  created: '2014-06-16T19:34:29Z',
} as const;

/** The same for the record at `index` of a call: the attempt that gave the call its final result. */
export function defaultRecord(callId: string, call: CallFields, index: number) {
  return {
    id: `${callId.slice(0, 16)}${String(index + 1).padStart(3, '0')}`,
    result: call.finalResult ?? 'LA',
    finishTime: call.modified ?? call.created ?? DEFAULT_CALL.created,
    billedAmount: '0.0',
  };
}
