import type { CallEntry, CallVersion } from '../../../src/calls/call-entry.js';

/** The version of a finished call that was modified this many milliseconds after the epoch. */
export const finished = (modifiedMs: number | null): CallVersion => ({ modifiedMs, rank: 2 });

/** An entry that is fresh for a minute from now and usable for an hour, with the given differences. */
export function anEntry(differences: Partial<CallEntry> = {}): CallEntry {
  const now = Date.now();
  return {
    body: '{"id":"224205636001"}',
    etag: '"0123456789abcdefghijkl"',
    version: finished(1_402_947_314_000),
    fetchedAt: now,
    freshUntil: now + 60_000,
    usableUntil: now + 3_600_000,
    ...differences,
  };
}

/** What every cache in Redis has to be told besides. */
export const SHARED = { prefix: 'callfire-gateway', leaseMs: 12_000 };
