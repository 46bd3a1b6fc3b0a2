import type { ErrorCode } from '../errors.js';
import type { FetchOutcome } from './call-leases.js';

/** What the caller asks of the cache (RFC 9111 section 5.2.1). */
export interface LookupWish {
  readonly noCache: boolean;
  readonly onlyIfCached: boolean;
}

/** An answer, or the reason why there is none, and how it came about. */
export type LookupResult = FetchOutcome & {
  readonly cache: CacheOutcome;
  /** Milliseconds that the upstream fetch took, if there was one. */
  readonly upstreamMs?: number;
};

/** How the cache dealt with a lookup; `http/cache-status.ts` says it in the words of RFC 9211. */
export type CacheOutcome = CacheHit | Forwarded | NotForwarded;

/** Answered without asking CallFire. */
interface CacheHit {
  readonly kind: 'hit';
  readonly freshUntil: number;
}

export interface Forwarded {
  readonly kind: 'forwarded';
  /** No entry, an entry past its freshness, or a caller that insisted on a new answer. */
  readonly reason: 'uri-miss' | 'stale' | 'request';
  /** CallFire's status, if it answered. */
  readonly status?: number | undefined;
  readonly stored?: boolean;
  /** Shared another lookup's fetch. */
  readonly collapsed?: boolean;
  /** Why CallFire's answer could not be used. */
  readonly failure?: ErrorCode;
}

/** The caller wanted a kept answer or none, and there was none. */
interface NotForwarded {
  readonly kind: 'not-forwarded';
}
