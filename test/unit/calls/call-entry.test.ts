import { describe, expect, it } from '@jest/globals';
import { isOlder, type CallVersion } from '../../../src/calls/call-entry.js';

describe('isOlder', () => {
  const version = (modifiedMs: number | null, rank: CallVersion['rank']): CallVersion => ({
    modifiedMs,
    rank,
  });

  it.each([
    ['an earlier modification', version(1, 2), version(2, 2)],
    ['an earlier modification in an equal state', version(1, 0), version(2, 0)],
    ['another end state than FINISHED at the same time', version(1, 1), version(1, 2)],
    ['a lower state where one modification is unknown', version(null, 1), version(5, 2)],
  ])('says so of %s', (_case, answer, seen) => {
    expect(isOlder(answer, seen)).toBe(true);
    expect(isOlder(seen, answer)).toBe(false);
  });

  it('says so of a call in progress after an end state, whatever the modification', () => {
    expect(isOlder(version(9, 0), version(1, 1))).toBe(true);
    expect(isOlder(version(null, 0), version(null, 1))).toBe(true);
  });

  it('holds neither of two equals for older', () => {
    expect(isOlder(version(1, 2), version(1, 2))).toBe(false);
    expect(isOlder(version(null, 0), version(3, 0))).toBe(false);
  });

  it('lets a late result follow another end state', () => {
    expect(isOlder(version(2, 2), version(1, 1))).toBe(false);
  });
});
