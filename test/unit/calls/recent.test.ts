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

  it('forgets the oldest first when the values weigh too much', () => {
    const recent = new Recent(byLength);
    recent.set('a', '1234', 0);
    recent.set('b', '1234', 1);
    recent.set('a', '123', 2);
    recent.set('c', '1234', 3);
    expect([recent.get('a', 4), recent.get('b', 4), recent.get('c', 4)]).toEqual(['123', undefined, '1234']);
  });

  it('does not keep a value that is too heavy by itself', () => {
    const recent = new Recent(byLength);
    recent.set('a', '12345678901', 0);
    expect(recent.get('a', 0)).toBeUndefined();
  });

  it('keeps nothing where the life is 0', () => {
    const recent = new Recent({ ...byLength, lifeMs: 0 });
    recent.set('a', '1', 0);
    expect(recent.get('a', 0)).toBeUndefined();
  });
});
