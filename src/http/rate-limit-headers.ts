import type { RateLimit } from '../access/caller.js';
import type { Allowance } from '../limits/limits.js';

const policies = new WeakMap<RateLimit, string>();

/**
 * The fields that tell a consumer, or who sent no valid key from an address, what the limit is and what is left of it (draft-ietf-httpapi-ratelimit-headers), and on a
 * refusal when to come again (RFC 9110 section 10.2.3), as names and values in turn.
 */
export function rateLimitHeaders(
  { granted, limit, remaining, resetSeconds }: Allowance,
  of: 'consumer' | 'address',
): string[] {
  const headers = [
    'RateLimit-Policy',
    policyOf(limit, of),
    'RateLimit',
    `"${of}";r=${remaining};t=${resetSeconds}`,
  ];
  if (!granted) headers.push('Retry-After', String(resetSeconds));
  return headers;
}

/** Made once for a limit, which serves many requests. */
function policyOf(limit: RateLimit, of: string): string {
  let policy = policies.get(limit);
  if (policy === undefined) {
    policy = `"${of}";q=${limit.requests};w=${limit.seconds}`;
    policies.set(limit, policy);
  }
  return policy;
}
