import type { GatewayResponse } from './gateway-response.js';
import { rateLimitHeaders } from './rate-limit-headers.js';

/** What an API tells browsers that open its answers as pages: no guess at the type, no scripts, no frames. */
export const SECURITY_HEADERS = [
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
];

const EXPOSED =
  'Age, Cache-Status, ETag, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id';

/** The headers that every answer has, with a body or without one, as names and values in turn. */
export function standingHeaders(response: GatewayResponse): string[] {
  const { requestId, allowance, allowOrigin } = response;
  const headers = ['X-Request-Id', requestId];
  const vary = varyOf(response);
  if (vary !== undefined) headers.push('Vary', vary);
  if (allowOrigin !== undefined)
    headers.push('Access-Control-Allow-Origin', allowOrigin, 'Access-Control-Expose-Headers', EXPOSED);
  if (allowance !== undefined)
    headers.push(...rateLimitHeaders(allowance, response.caller === undefined ? 'address' : 'consumer'));
  return headers;
}

/** Sets all of them where an answer is put together header by header. */
export function setStandingHeaders(response: GatewayResponse): void {
  const headers = [...SECURITY_HEADERS, ...standingHeaders(response)];
  for (let at = 0; at < headers.length; at += 2) response.setHeader(headers[at] ?? '', headers[at + 1] ?? '');
}

/** A cache of one user may not give what one key got to another key: it can be another account's call. */
function varyOf({ caller, variesByOrigin }: GatewayResponse): string | undefined {
  if (caller === undefined || caller.kind === 'open') return variesByOrigin ? 'Origin' : undefined;
  return variesByOrigin ? 'Authorization, X-API-Key, Origin' : 'Authorization, X-API-Key';
}
