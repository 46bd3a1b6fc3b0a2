import { describe, expect, it } from '@jest/globals';
import { rateLimitHeaders } from '../../../src/http/rate-limit-headers.js';

const limit = { requests: 600, seconds: 60 };

describe('rateLimitHeaders', () => {
  it('tells the policy, what remains and when the window ends', () => {
    expect(rateLimitHeaders({ granted: true, limit, remaining: 599, resetSeconds: 42 }, 'consumer')).toEqual([
      'RateLimit-Policy',
      '"consumer";q=600;w=60',
      'RateLimit',
      '"consumer";r=599;t=42',
    ]);
  });

  it('tells on a refusal when to come again', () => {
    expect(
      rateLimitHeaders({ granted: false, limit, remaining: 0, resetSeconds: 7 }, 'consumer').slice(2),
    ).toEqual(['RateLimit', '"consumer";r=0;t=7', 'Retry-After', '7']);
  });

  it('says whose limit it is', () => {
    expect(
      rateLimitHeaders({ granted: true, limit: { ...limit }, remaining: 1, resetSeconds: 1 }, 'address'),
    ).toEqual(['RateLimit-Policy', '"address";q=600;w=60', 'RateLimit', '"address";r=1;t=1']);
  });

  it('tells each limit its own policy', () => {
    const other = { requests: 5, seconds: 3_600 };
    const policies = [limit, other, limit].map(
      (it) => rateLimitHeaders({ granted: true, limit: it, remaining: 1, resetSeconds: 1 }, 'consumer')[1],
    );
    expect(policies).toEqual(['"consumer";q=600;w=60', '"consumer";q=5;w=3600', '"consumer";q=600;w=60']);
  });
});
