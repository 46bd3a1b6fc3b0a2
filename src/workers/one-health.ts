import type { Health } from '../http/health.js';

/**
 * What the whole gateway answers: the worst that any worker sees. `known` is of the workers that are up, `of` how many
 * there should be.
 */
export function oneHealth(known: readonly Health[], of: number): Health {
  const caches = known.map(({ cache }) => cache);
  return {
    stopping: known.some(({ stopping }) => stopping),
    cache: caches.includes('memory')
      ? 'memory'
      : caches.includes('up') && !caches.includes('down')
        ? 'up'
        : 'down',
    upstream: known.some(({ upstream }) => upstream === 'failing') ? 'failing' : 'ok',
    workers: { up: known.length, of },
  };
}
