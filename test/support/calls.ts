import type { Call } from '../../src/calls/call.js';

/** A finished call, modified at noon UTC on 1 June 2026, with the given differences. */
export function aCall(differences: Partial<Call> = {}): Call {
  return {
    id: '42',
    fromNumber: '12132609784',
    toNumber: '19196991764',
    toNumberAttributes: {},
    state: 'FINISHED',
    batchId: null,
    broadcastId: null,
    contactId: '7',
    inbound: false,
    created: '2026-06-01T11:59:00Z',
    modified: '2026-06-01T12:00:00Z',
    finalResult: 'LA',
    labels: [],
    callRecords: [],
    agentCall: null,
    notes: [],
    ...differences,
  };
}

export const NOON = Date.parse('2026-06-01T12:00:00Z');
