import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** What belongs to one connection (RFC 9110, 7.6.1), with the proxy's own authentication. */
const HOP_BY_HOP = /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy.*)$/;

/** What is meant for the gateway itself, and what could choose another host, path or method behind its back. */
const FOR_GATEWAY =
  /^(?:authorization|x-api-key|cookie2?|expect|host|forwarded|x-forwarded.*|x-real-ip|x-host)$/;
const OVERRIDES = /^(?:x-original-.*|x-rewrite-url|x-http-method.*|x-method-override)$/;

/** What upstream says about its own login, or to browsers about a whole origin, which is the gateway's here. */
const FOR_ORIGIN = /^(?:set-cookie2?|www-authenticate|access-control-.*|alt-svc|strict-transport-security)$/;

/** The caller's end-to-end headers, without any login. */
export function forwardedHeaders(received: IncomingHttpHeaders): IncomingHttpHeaders {
  const perHop = namedByConnection(received);
  // Without its length a body would go upstream as if it were the next request.
  perHop.delete('content-length');
  const kept = Object.entries(received).filter(([name]) => {
    const dashed = name.replaceAll('_', '-'); // CGI and its heirs do not tell them apart.
    if (dashed === 'content-length') return name === dashed;
    return ![HOP_BY_HOP, FOR_GATEWAY, OVERRIDES].some((rule) => rule.test(dashed)) && !perHop.has(name);
  });
  return Object.fromEntries(kept);
}

interface CopyOptions {
  readonly baseUrl: URL;
  readonly mountedAt: string;
  readonly containsSecret: (text: string) => boolean;
}

/** Copies the end-to-end headers of an upstream answer, except where the response has one of that name already. */
export function copyHeaders(from: IncomingMessage, to: ServerResponse, options: CopyOptions): void {
  // Chosen before the first is copied: if that fails, the response is still as it was.
  for (const [name, values] of passedHeaders(from, options)) {
    if (name === 'vary') to.appendHeader(name, values);
    else if (to.hasHeader(name)) continue;
    else to.setHeader(name, name === 'location' ? values.map((value) => relocated(value, options)) : values);
  }
  // Without a word from upstream a private answer must not stay in a shared cache.
  if (!to.hasHeader('cache-control')) to.setHeader('cache-control', 'no-store');
}

function passedHeaders(from: IncomingMessage, { containsSecret }: CopyOptions): [string, string[]][] {
  const perHop = namedByConnection(from.headers);
  return Object.entries(from.headersDistinct).flatMap(([name, values = []]): [string, string[]][] => {
    const isDropped = HOP_BY_HOP.test(name) || FOR_ORIGIN.test(name) || perHop.has(name);
    return isDropped || values.some((value) => containsSecret(value)) ? [] : [[name, values]];
  });
}

/** A location below the base URL, with either scheme, as the path that stands for it here; any other unchanged. */
function relocated(location: string, { baseUrl, mountedAt }: CopyOptions): string {
  if (!/^(?:https?:\/)?\//i.test(location) || !URL.canParse(location, baseUrl.href)) return location;
  const { host, pathname, search, hash } = new URL(location, baseUrl);
  const base = baseUrl.pathname.replace(/\/$/, '');
  const isBelow = host === baseUrl.host && `${pathname}/`.startsWith(`${base}/`);
  return isBelow ? mountedAt + pathname.slice(base.length) + search + hash : location;
}

function namedByConnection({ connection = '' }: IncomingHttpHeaders): Set<string> {
  return new Set(connection.toLowerCase().split(/[\s,]+/));
}
