import { describe, expect, it } from '@jest/globals';
import { createEntry, isOlder, type CallVersion } from '../../../src/calls/call-entry.js';
import { aCall, NOON } from '../../support/calls.js';

const times = { fetchedAt: NOON, freshUntil: NOON + 1, usableUntil: NOON + 2 };

describe('createEntry', () => {
  it('holds the JSON as bytes, one character each', () => {
    const call = aCall({ notes: [{ text: 'Grüße, 世界 🌍', created: null }] });
    const { body } = createEntry(call, times);
    expect(JSON.parse(Buffer.from(body, 'latin1').toString('utf8'))).toEqual(call);
  });

  it('gives equal bodies equal tags and different bodies different ones', () => {
    const tag = createEntry(aCall(), times).etag;
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    expect(createEntry(aCall(), { ...times, fetchedAt: 0 }).etag).toBe(tag);
    expect(createEntry(aCall({ finalResult: 'AM' }), times).etag).not.toBe(tag);
  });

  it('orders modifications that differ below a millisecond', () => {
    const at = (modified: string) => createEntry(aCall({ modified }), times).version;
    expect(isOlder(at('2026-06-01T12:00:00.0001Z'), at('2026-06-01T12:00:00.0002Z'))).toBe(true);
  });

  it.each([
    ['FINISHED', 2],
    ['DNC', 1],
    ['READY', 0],
    ['A_STATE_OF_2031', 0],
  ])('ranks %s as %i', (state, rank) => {
    expect(createEntry(aCall({ state }), times).version).toEqual({ modifiedMs: NOON, rank });
  });
});

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
