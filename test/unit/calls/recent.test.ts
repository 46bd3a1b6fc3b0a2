import { describe, expect, it } from '@jest/globals';
import { Recent } from '../../../src/calls/recent.js';

const byLength = { lifeMs: 100, maxWeight: 10, weigh: (text: string) => text.length };

describe('Recent', () => {
  it('remembers a value for its life', () => {
    const recent = new Recent(byLength);
    recent.set('a', 'one', 0);
    expect(recent.get('a', 99)).toBe('one');
    expect(recent.get('a', 100)).toBeUndefined();
  });

  it('forgets older values when they weigh too much, and keeps the newest half', () => {
    const recent = new Recent(byLength);
    for (const key of ['a', 'b', 'c', 'd', 'e']) recent.set(key, '12', 0);
    expect(['a', 'b', 'c', 'd', 'e'].map((key) => recent.get(key, 1))).toEqual([
      undefined,
      undefined,
      '12',
      '12',
      '12',
    ]);
  });

  it('counts a value that is replaced once', () => {
    const recent = new Recent(byLength);
    recent.set('a', '12', 0);
    for (let i = 0; i < 10; i += 1) recent.set('b', '123', 0);
    expect([recent.get('a', 1), recent.get('b', 1)]).toEqual(['12', '123']);
  });

  it('forgets a value that is replaced by one too heavy to keep', () => {
    const recent = new Recent(byLength);
    recent.set('a', '1', 0);
    recent.set('a', '123456', 0);
    expect(recent.get('a', 0)).toBeUndefined();
  });

  it('keeps nothing where the life is 0', () => {
    const recent = new Recent({ ...byLength, lifeMs: 0 });
    recent.set('a', '1', 0);
    expect(recent.get('a', 0)).toBeUndefined();
  });
});
