import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../errors.js';

const READS: readonly string[] = ['GET', 'HEAD'];
const WRITES: readonly string[] = ['POST', 'PUT', 'DELETE'];

/** Throws `method-not-allowed`, or `invalid-parameter` for a body whose end could be mistaken upstream. */
export function checkMethod({ method = '', headers }: IncomingMessage, allowWrites: boolean): void {
  const allowed = allowWrites ? [...READS, ...WRITES] : READS;
  if (!allowed.includes(method)) {
    const hint = !allowWrites && WRITES.includes(method) ? ' Writing needs PASSTHROUGH_WRITES=true.' : '';
    const allow = allowed.join(', ');
    throw new GatewayError('method-not-allowed', `${method} is not possible here; use ${allow}.${hint}`, {
      allow,
    });
  }
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return;
  // http-proxy sends a chunked DELETE as `Content-Length: 0` and its body after it, as if that were the next request.
  if (coding.toLowerCase() !== 'chunked' || (method !== 'POST' && method !== 'PUT')) {
    throw invalid(
      'Transfer-Encoding',
      'must be absent, or "chunked" with POST and PUT; send a Content-Length',
    );
  }
}

/** RFC 3986 path characters and the slash. */
const LAWFUL_PATH = /^[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$/;

/**
 * Throws `invalid-parameter` unless the request target below the mount path, joined to any base, stays below that base
 * however a server may decode it, and goes upstream byte by byte as it is.
 */
export function checkTarget(target: string): void {
  if (!target.startsWith('/')) throw invalid('request target', 'must be a path, not a whole URL');
  const [path = '', ...rest] = target.split('?');
  const query = rest.join('?');
  if (!LAWFUL_PATH.test(path))
    throw invalid('path', 'must percent-encode what RFC 3986 does not allow in it');
  if (query.includes('#')) throw invalid('query', 'must not hold a "#"');
  const segments = path.slice(1).split('/');
  segments.forEach((segment, index) => {
    if (segment === '' && index < segments.length - 1)
      throw invalid('path', 'must not hold an empty segment');
    checkSegment(segment);
  });
  // JAX-RS servers let this parameter overrule the method of the request line.
  if (new URLSearchParams(query.replaceAll(';', '&')).has('_method')) {
    throw invalid('_method', 'must be absent; put the method into the request line');
  }
}

function checkSegment(segment: string): void {
  const text = decoded(segment);
  if (/[/\\\p{Cc}]/u.test(text)) {
    throw invalid('path', 'must not hold an encoded slash, backslash or control character');
  }
  if (/%[0-9a-f]{2}/i.test(text)) throw invalid('path', 'must not be percent-encoded twice');
  // Some servers cut a segment at `;` before they resolve the dots.
  if (/^\.{1,2}(?:;|$)/.test(text))
    throw invalid('path', 'must not hold "." or ".." as a segment, encoded or not');
  // http-proxy turns the `http:/` of a path into `http://`.
  if (text.endsWith(':')) throw invalid('path', 'must not hold a segment that ends in a colon');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid('path', 'must be percent-encoded UTF-8');
  }
}

function invalid(what: string, rule: string): GatewayError {
  return new GatewayError('invalid-parameter', `The ${what} ${rule}.`);
}
