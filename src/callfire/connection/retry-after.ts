import { headerText, type Headers } from './upstream-request.js';

const LONGEST_SECONDS = 3600;
const HTTP_DATE = /^[A-Z][a-z]{2,8}, .+ GMT$/;

/** What `Retry-After` asks for (RFC 9110, 10.2.3), at most an hour; undefined when it is absent or senseless. */
export function retryAfterSeconds(headers: Headers, nowMs = Date.now()): number | undefined {
  const text = headerText(headers, 'retry-after')?.trim() ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : HTTP_DATE.test(text) ? secondsUntil(text, nowMs) : NaN;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), LONGEST_SECONDS);
}

function secondsUntil(date: string, nowMs: number): number {
  return Math.ceil((Date.parse(date) - nowMs) / 1000);
}
