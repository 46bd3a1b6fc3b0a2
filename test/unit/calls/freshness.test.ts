import { describe, expect, it } from '@jest/globals';
import { freshForMs, type FreshnessPolicy } from '../../../src/calls/freshness.js';
import { aCall, NOON } from '../../support/calls.js';

const policy: FreshnessPolicy = {
  states: new Set(['FINISHED', 'DNC']),
  ttlSeconds: 86_400,
  settleSeconds: 300,
  staleSeconds: 86_400,
  negativeSeconds: 5,
};

describe('freshForMs', () => {
  it('keeps a settled call for the time to live', () => {
    expect(freshForMs(aCall(), policy, NOON + 300_000)).toBe(86_400_000);
  });

  it('keeps a call that may still settle only until it has', () => {
    expect(freshForMs(aCall(), policy, NOON)).toBe(300_000);
    expect(freshForMs(aCall(), policy, NOON + 299_000)).toBe(1000);
  });

  it('takes a call without a modification time, or with one in the future, for one modified just now', () => {
    expect(freshForMs(aCall({ modified: null }), policy, NOON)).toBe(300_000);
    expect(freshForMs(aCall({ modified: '2096-06-01T12:00:00Z' }), policy, NOON)).toBe(300_000);
  });

  it('never keeps a call longer than the time to live', () => {
    expect(freshForMs(aCall(), { ...policy, ttlSeconds: 10 }, NOON)).toBe(10_000);
  });

  it('does not wait for a call to settle where there is no settling time', () => {
    expect(freshForMs(aCall(), { ...policy, settleSeconds: 0 }, NOON)).toBe(86_400_000);
  });

  it.each(['READY', 'SELECTED', 'CALLBACK', 'DISABLED', 'A_STATE_OF_2031', 'finished'])(
    'never keeps %s',
    (state) => {
      expect(freshForMs(aCall({ state }), policy, NOON + 1e9)).toBe(0);
    },
  );

  it('keeps an end state only where the operator named it', () => {
    expect(freshForMs(aCall({ state: 'DNC' }), policy, NOON + 1e9)).toBe(86_400_000);
    expect(freshForMs(aCall({ state: 'DUP' }), policy, NOON + 1e9)).toBe(0);
  });
});
