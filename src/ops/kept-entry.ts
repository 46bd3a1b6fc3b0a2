import type { Whereabouts } from '../calls/cache-keeper.js';
import type { KeptEntry } from './operations.js';

/** What may be shown of an entry: nothing of its content but the state. Undefined where there is none. */
export function describeEntry({ memory, redis, redisState }: Whereabouts): KeptEntry | undefined {
  const entry = memory ?? redis;
  if (entry === undefined) return undefined;
  const { body, etag, version, fetchedAt, freshUntil, usableUntil } = entry;
  return {
    inMemory: memory !== undefined,
    inRedis: IN_REDIS[redisState] ?? redis !== undefined,
    state: stateIn(body),
    modified: isoTime(version.modifiedMs),
    etag,
    bytes: body.length,
    fetchedAt: isoTime(fetchedAt),
    freshUntil: isoTime(freshUntil),
    usableUntil: isoTime(usableUntil),
  };
}

const IN_REDIS = { none: 'not-configured', down: 'unknown', up: undefined } as const;

/** ISO 8601 of milliseconds since the epoch; null where there is none, or none that has a date. */
export function isoTime(ms: number | null | undefined): string | null {
  const time = new Date(ms ?? NaN);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/** `body` is JSON in UTF-8, one character a byte. */
function stateIn(body: string): string | null {
  try {
    const call: unknown = JSON.parse(Buffer.from(body, 'latin1').toString('utf8'));
    if (typeof call !== 'object' || call === null || !('state' in call)) return null;
    return typeof call.state === 'string' ? call.state : null;
  } catch {
    return null;
  }
}
