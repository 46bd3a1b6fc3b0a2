import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { GatewayError } from '../errors.js';

const FOR_SCRAPERS: ReadonlySet<string> = new Set(['/metrics', '/healthz', '/readyz']);

/**
 * Refuses what a foreign page may have made an operator's browser send. A page reaches this listener by a name of its
 * own that it has resolve to this address (DNS rebinding), hence only addresses, `localhost` and `OPS_HOST` are taken as
 * `Host`; and a page cannot keep its browser from adding `Origin` to what is more than a read. Counters and health may be
 * read by any name, as scrapers do. Throws `forbidden`.
 */
export function checkTrusted({ method, url, headers }: IncomingMessage, opsHost: string): void {
  const host = hostOf(headers.host ?? '');
  const forScrapers = method === 'GET' && FOR_SCRAPERS.has(url ?? '');
  if (!forScrapers && isIP(host) === 0 && host !== 'localhost' && host !== opsHost.toLowerCase())
    throw new GatewayError('forbidden', 'Ask by IP address, by localhost or by what OPS_HOST says.');
  if (headers.origin !== undefined && method !== 'GET' && method !== 'HEAD')
    throw new GatewayError('forbidden', 'What changes something is not taken from a page in a browser.');
}

/** The host in a `Host` field, without port and brackets. */
function hostOf(field: string): string {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::\d+)?$/.exec(field);
  return (found?.[1] ?? found?.[2] ?? '').toLowerCase();
}
