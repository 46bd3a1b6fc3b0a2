import type { IncomingHttpHeaders } from 'node:http';
import { noCredential, notAccepted, twoCredentials } from './refusals.js';

/** What a request shows to say who asks, not yet believed. */
type Presented =
  | { readonly kind: 'bearer'; readonly secret: string }
  | { readonly kind: 'key'; readonly secret: string }
  | { readonly kind: 'basic'; readonly name: string; readonly secret: string };

/** Longer than any token that fits into a header beside others. */
const MAX_LENGTH = 8192;

/** The one credential in the headers. Throws `unauthenticated` where there is none, or more than one. */
export function presentedIn(headers: IncomingHttpHeaders): Presented {
  const { authorization, 'x-api-key': key } = headers;
  if (key === undefined) return authorization === undefined ? fail(noCredential()) : schemeOf(authorization);
  if (authorization !== undefined) throw twoCredentials();
  if (typeof key !== 'string' || key.length > MAX_LENGTH) throw notAccepted();
  return { kind: 'key', secret: key };
}

/** RFC 9110 section 11.4: a scheme in any letter case, spaces, and what the scheme wants. */
function schemeOf(authorization: string): Presented {
  if (authorization.length > MAX_LENGTH) throw notAccepted();
  const end = authorization.indexOf(' ');
  if (end === -1) throw noCredential();
  const secret = authorization.slice(end + 1).trim();
  switch (authorization.slice(0, end).toLowerCase()) {
    case 'bearer':
      return { kind: 'bearer', secret };
    case 'basic':
      return basic(secret);
    default:
      throw noCredential();
  }
}

/** RFC 4648 section 4. Node decodes anything, and drops what follows the padding. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** RFC 7617: the name ends at the first colon. */
function basic(encoded: string): Presented {
  if (!BASE64.test(encoded)) throw notAccepted();
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon === -1) throw notAccepted();
  return { kind: 'basic', name: pair.slice(0, colon), secret: pair.slice(colon + 1) };
}

function fail(error: Error): never {
  throw error;
}
