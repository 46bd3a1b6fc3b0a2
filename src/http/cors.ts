import type { IncomingMessage } from 'node:http';
import type { GatewayResponse } from './gateway-response.js';

/** Sets the CORS headers of the response to this request. */
type Cors = (request: IncomingMessage, response: GatewayResponse) => void;

const EXPOSED = 'Age, Cache-Status, ETag, Retry-After, X-Request-Id';

/**
 * CORS (Fetch standard) for exact origins, for every origin (`*`), or for none (an empty list). There are no cookies,
 * hence no credentials mode.
 */
export function createCors(origins: readonly string[]): Cors {
  if (origins.length === 0) return () => undefined;
  const all = origins.includes('*');
  const allowed = new Set(origins);
  return ({ headers: { origin } }, response) => {
    if (!all) response.setHeader('Vary', 'Origin');
    if (!all && (origin === undefined || !allowed.has(origin))) return;
    response.setHeader('Access-Control-Allow-Origin', all ? '*' : (origin ?? '*'));
    response.setHeader('Access-Control-Expose-Headers', EXPOSED);
  };
}

/** Whether a browser asks in advance, and may come: only where its origin is allowed. */
export function isAllowedPreflight({ method, headers }: IncomingMessage, response: GatewayResponse): boolean {
  const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  return isPreflight && response.hasHeader('Access-Control-Allow-Origin');
}

export function sendPreflight(response: GatewayResponse): void {
  response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD');
  response.setHeader(
    'Access-Control-Allow-Headers',
    'Authorization, Cache-Control, If-None-Match, X-Request-Id',
  );
  response.setHeader('Access-Control-Max-Age', '600');
  response.writeHead(204).end();
}
