import type { RateLimit } from '../access/caller.js';
import type { Allowance } from '../limits/limits.js';

const policies = new WeakMap<RateLimit, string>();

/**
 * The fields that tell a consumer what its limit is and what is left of it (draft-ietf-httpapi-ratelimit-headers), and on a
 * refusal when to come again (RFC 9110 section 10.2.3), as names and values in turn.
 */
export function rateLimitHeaders({ granted, limit, remaining, resetSeconds }: Allowance): string[] {
  const headers = [
    'RateLimit-Policy',
    policyOf(limit),
    'RateLimit',
    `"consumer";r=${remaining};t=${resetSeconds}`,
  ];
  if (!granted) headers.push('Retry-After', String(resetSeconds));
  return headers;
}

/** Made once for a limit, which serves many requests. */
function policyOf(limit: RateLimit): string {
  let policy = policies.get(limit);
  if (policy === undefined) {
    policy = `"consumer";q=${limit.requests};w=${limit.seconds}`;
    policies.set(limit, policy);
  }
  return policy;
}
