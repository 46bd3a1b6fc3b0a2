import type { Limits } from './limits.js';
export function createLimits(): Limits {
  return { take: (_name, limit) => ({ granted: true, limit, remaining: 1, resetSeconds: 1 }) };
}
