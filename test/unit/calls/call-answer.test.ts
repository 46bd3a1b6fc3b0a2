import { describe, expect, it } from '@jest/globals';
import { answerWith } from '../../../src/calls/call-answer.js';
import { isOlder } from '../../../src/calls/call-entry.js';
import { aCall, NOON } from '../../support/calls.js';

describe('answerWith', () => {
  it('holds the JSON as bytes, one character each', () => {
    const call = aCall({ notes: [{ text: 'Grüße, 世界 🌍', created: null }] });
    const { body } = answerWith(call);
    expect(JSON.parse(Buffer.from(body, 'latin1').toString('utf8'))).toEqual(call);
  });

  it('gives equal bodies equal tags and different bodies different ones', () => {
    const tag = answerWith(aCall()).etag;
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    expect(answerWith(aCall()).etag).toBe(tag);
    expect(answerWith(aCall({ finalResult: 'AM' })).etag).not.toBe(tag);
  });

  it('orders modifications that differ below a millisecond', () => {
    const at = (modified: string) => answerWith(aCall({ modified })).version;
    expect(isOlder(at('2026-06-01T12:00:00.0001Z'), at('2026-06-01T12:00:00.0002Z'))).toBe(true);
  });

  it.each([
    ['FINISHED', 2],
    ['DNC', 1],
    ['READY', 0],
    ['A_STATE_OF_2031', 0],
  ])('ranks %s as %i', (state, rank) => {
    expect(answerWith(aCall({ state })).version).toEqual({ modifiedMs: NOON, rank });
  });
});
