import type { CallFields } from './call-fields.js';

/** The call that CallFire's own GetCall page shows; as a document it parses to the same. */
export const PUBLISHED_CALL_ID = '224205636001';

export const PUBLISHED_CALL: CallFields = {
  fromNumber: '12132609784',
  toNumber: '19196991764',
  toNumberAttributes: { context: 'cf3-verify', verifyDigits: '9366' },
  state: 'FINISHED',
  broadcastId: '1836940001',
  contactId: '169915679001',
  inbound: false,
  created: '2014-06-16T19:34:29Z',
  modified: '2014-06-16T19:35:14Z',
  finalResult: 'LA',
  records: [
    {
      id: '135106697001',
      result: 'LA',
      finishTime: '2014-06-16T19:35:16Z',
      billedAmount: '0.0',
      originateTime: '2014-06-16T19:34:29Z',
      answerTime: '2014-06-16T19:34:41Z',
      duration: 35,
    },
  ],
};
