import type { Redis } from 'ioredis';

/** How many processes hold or wait for leases. */
export async function leaseClaims(inspect: Redis): Promise<number> {
  const leases = await inspect.keys('*:lease:*');
  const claims = await Promise.all(leases.map((lease) => inspect.hlen(lease)));
  return claims.reduce((sum, count) => sum + count, 0);
}
