import type { RateLimit } from '../access/caller.js';
import type { Allowance } from './limits.js';
export function createStrangers(
  limit: RateLimit,
  _now: () => number,
): { refuse(address: string): Allowance } {
  return { refuse: () => ({ granted: true, limit, remaining: 1, resetSeconds: 1 }) };
}
