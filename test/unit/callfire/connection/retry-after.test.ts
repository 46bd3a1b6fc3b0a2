import { describe, expect, it } from '@jest/globals';
import { retryAfterSeconds } from '../../../../src/callfire/connection/retry-after.js';

const NOW = Date.UTC(2014, 5, 16, 19, 34, 29, 400);

describe('retryAfterSeconds', () => {
  it.each<[string, number | undefined]>([
    ['7', 7],
    ['0', 0],
    [' 12 ', 12],
    ['3600', 3600],
    ['99999999999999999999', 3600],
    ['Mon, 16 Jun 2014 19:34:39 GMT', 10],
    ['Monday, 16-Jun-14 19:34:39 GMT', 10],
    ['Mon, 16 Jun 2014 19:34:00 GMT', 0],
    ['Tue, 17 Jun 2014 19:34:29 GMT', 3600],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['soon', undefined],
    ['', undefined],
    ['2014-06-16', undefined],
    ['Mon, 99 Jun 2014 19:34:39 GMT', undefined],
  ])('reads %j as %p', (text, seconds) => {
    expect(retryAfterSeconds({ 'retry-after': text }, NOW)).toBe(seconds);
  });

  it('knows nothing without the header, or with two of them', () => {
    expect(retryAfterSeconds({}, NOW)).toBeUndefined();
    expect(retryAfterSeconds({ 'retry-after': ['1', '2'] }, NOW)).toBeUndefined();
  });
});
