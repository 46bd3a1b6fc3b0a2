import type { Health } from '../http/health.js';
import type { AccountHealth, DetailedHealth } from '../ops/operations.js';

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

/** The same in detail: of each account the worst breaker, and all queues together. */
export function mergeHealth(health: Health, details: readonly DetailedHealth[]): DetailedHealth {
  const accounts = new Map<string, AccountHealth>();
  for (const one of details.flatMap((detail) => detail.accounts)) {
    const { breaker, queue } = accounts.get(one.name) ?? { breaker: 'closed', queue: NO_QUEUE };
    accounts.set(one.name, {
      name: one.name,
      breaker: SEVERITY.indexOf(one.breaker) > SEVERITY.indexOf(breaker) ? one.breaker : breaker,
      queue: {
        underWay: queue.underWay + one.queue.underWay,
        waiting: queue.waiting + one.queue.waiting,
        places: queue.places + one.queue.places,
        mayWait: queue.mayWait + one.queue.mayWait,
      },
    });
  }
  const reloads = details.flatMap(({ reload }) => reload ?? []).sort((a, b) => b.at.localeCompare(a.at));
  // One that was refused is what operators must know of.
  const reload = reloads.find(({ outcome }) => outcome === 'refused') ?? reloads[0];
  return { ...health, accounts: [...accounts.values()], reload };
}

const NO_QUEUE = { underWay: 0, waiting: 0, places: 0, mayWait: 0 };
const SEVERITY: readonly AccountHealth['breaker'][] = ['closed', 'half-open', 'open'];
