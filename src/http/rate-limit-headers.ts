import type { Allowance } from '../limits/limits.js';

export function rateLimitHeaders({ limit, remaining, resetSeconds }: Allowance): string[] {
  return [
    'RateLimit-Policy',
    `"consumer";q=${limit.requests};w=${limit.seconds}`,
    'RateLimit',
    `"consumer";r=${remaining};t=${resetSeconds}`,
  ];
}
