import type { History } from '../history.js';
import { aboutTheSame, overlap } from './evidence.js';
import type { Violation } from './violation.js';

/**
 * 4: one fetch per call and moment, at each gateway, and while the store is well at all of them together. A well store is
 * one that nothing is done to throughout the storm: no reply is lost or late, no lease expires, no gateway dies.
 */
export function* nothingTwice({ fetches, attempts, storeWell }: History): Iterable<Violation> {
  for (const spans of [fetches, attempts]) {
    for (const [i, one] of spans.entries()) {
      for (const other of spans.slice(i + 1)) {
        const shared = storeWell || one.gateway === other.gateway;
        if (shared && aboutTheSame(one, other) && overlap(one, other))
          yield {
            invariant: 4,
            what: `${one.gateway} and ${other.gateway} fetch at the same time`,
            subject: one,
          };
      }
    }
  }
}
