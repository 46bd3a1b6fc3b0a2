import type { GatewayResponse } from './gateway-response.js';
import { rateLimitHeaders } from './rate-limit-headers.js';

/** What an API tells browsers that open its answers as pages: no guess at the type, no scripts, no frames. */
export const SECURITY_HEADERS = [
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
];

/** The headers that every answer has, with a body or without one, as names and values in turn. */
export function standingHeaders({ requestId, allowance }: GatewayResponse): string[] {
  const headers = ['X-Request-Id', requestId];
  if (allowance !== undefined) headers.push(...rateLimitHeaders(allowance));
  return headers;
}

/** Sets all of them where an answer is put together header by header. */
export function setStandingHeaders(response: GatewayResponse): void {
  const headers = [...SECURITY_HEADERS, ...standingHeaders(response)];
  for (let at = 0; at < headers.length; at += 2) response.setHeader(headers[at] ?? '', headers[at + 1] ?? '');
}
