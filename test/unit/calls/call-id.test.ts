import { describe, expect, it } from '@jest/globals';
import { isCallId } from '../../../src/calls/call-id.js';

describe('isCallId', () => {
  it.each(['1', '42', '224205636001', '1000000000000000000', '9223372036854775807'])('takes %s', (id) => {
    expect(isCallId(id)).toBe(true);
  });

  it.each([
    '',
    '0',
    '01',
    '-1',
    '+1',
    '1.0',
    '1e3',
    ' 1',
    '1 ',
    '1\n',
    'abc',
    '٣',
    '9223372036854775808',
    '10000000000000000000',
  ])('refuses %j', (id) => {
    expect(isCallId(id)).toBe(false);
  });
});
