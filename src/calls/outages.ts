import type { ErrorCode } from '../errors.js';

/** Failures after which a kept entry is a better answer than none. A wrong request or credential is not among them. */
export const OUTAGES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream-unreachable',
  'upstream-error',
  'upstream-invalid-response',
  'upstream-timeout',
  'upstream-rate-limited',
  'upstream-unavailable',
  'overloaded',
]);
