import { describe, expect, it } from '@jest/globals';
import { createLineLimit } from '../../../src/calls/line-limit.js';

describe('createLineLimit', () => {
  it('lets one line of each kind through in a minute', () => {
    let now = 0;
    const mayLog = createLineLimit(() => now);
    expect([mayLog('a'), mayLog('a'), mayLog('b')]).toEqual([true, false, true]);
    now = 59_999;
    expect(mayLog('a')).toBe(false);
    now = 60_000;
    expect([mayLog('a'), mayLog('a')]).toEqual([true, false]);
  });
});
