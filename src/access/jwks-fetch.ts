import type { JSONWebKeySet } from 'jose';

const MAX_BYTES = 262_144;
const TIMEOUT_MS = 5_000;

/**
 * Fetches a JWKS document (RFC 7517). Rejects unless it comes, whole and in time, straight from that address: a redirect
 * could lead to whoever is allowed to place one.
 */
export async function fetchJwks(url: URL, timeoutMs = TIMEOUT_MS): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const json: unknown = JSON.parse(await textOf(response.body));
  if (!isKeySet(json)) throw new Error('not a JWKS');
  // More likely a fault of the issuer than its wish that nobody be believed any more.
  if (json.keys.length === 0) throw new Error('a JWKS without a key');
  return json;
}

/** Why it could not be fetched, without what was answered. What fetch says is that it failed; its cause says why. */
export function fetchFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SyntaxError) return 'not JSON';
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Leaving the loop ends the transfer, however much would still come. */
async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isKeySet(json: unknown): json is JSONWebKeySet {
  return typeof json === 'object' && json !== null && 'keys' in json && Array.isArray(json.keys);
}
