import type { IncomingMessage } from 'node:http';
import type { CallEntry } from '../calls/call-entry.js';
import { cacheStatus, secondsLeft } from './cache-status.js';
import type { GatewayResponse } from './gateway-response.js';
import { createHeadWriter } from './head-writer.js';
import { createSecondsText } from './seconds-text.js';
import { SECURITY_HEADERS, standingHeaders } from './standing-headers.js';

/**
 * Answers with a call: 200 with its prepared bytes, or 304 where the caller has them. `response.cache` says how the
 * entry was found.
 */
export function sendCall(
  request: IncomingMessage,
  response: GatewayResponse,
  entry: CallEntry,
  now: number,
): void {
  const headers = standingHeaders(response);
  headers.push('ETag', entry.etag, 'Cache-Control', cacheControl(entry, now));
  const { cache } = response;
  if (cache !== undefined) headers.push('Cache-Status', cacheStatus(cache, now));
  if (isFromCache(response))
    headers.push('Age', String(Math.max(0, Math.floor((now - entry.fetchedAt) / 1000))));
  const known = request.headers['if-none-match'];
  if (known !== undefined && matches(known, entry.etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  headers.push(...OF_BODIES, 'Content-Length', String(entry.body.length));
  writeHead(response, headers);
  response.end(entry.body, 'latin1');
}

const OF_BODIES = [...SECURITY_HEADERS, 'Content-Type', 'application/json; charset=utf-8'];

const writeHead = createHeadWriter();

const maxAge = createSecondsText('private, max-age=');

/** A kept call may be reused by the caller for what is left of its freshness; one in progress must be asked for again. */
function cacheControl(entry: CallEntry, now: number): string {
  if (entry.freshUntil === entry.fetchedAt) return 'private, no-cache';
  return maxAge(Math.max(0, secondsLeft(entry.freshUntil, now)));
}

/** A hit, or an entry that stands in for a failing upstream. */
function isFromCache({ cache }: GatewayResponse): boolean {
  return (
    cache !== undefined &&
    (cache.kind === 'hit' || (cache.kind === 'forwarded' && cache.failure !== undefined))
  );
}

/** RFC 9110 section 13.1.2: weak comparison with each member of the list, or `*`. */
function matches(field: string, etag: string): boolean {
  if (field === etag || field.trim() === '*') return true;
  return field.split(',').some((member) => member.trim().replace(/^W\//, '') === etag);
}
