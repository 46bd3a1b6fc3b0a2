import type { Outcome } from './connection/upstream-request.js';

/** Told of each request that was sent to CallFire, retries each for themselves. */
export interface UpstreamObserver {
  /**
   * `outcome` is CallFire's status where it answered, otherwise `no-answer`, `cut`, `too-long` or `not-http`, and
   * `abandoned` where time ran out or the gateway stopped.
   */
  attempt(outcome: string, ms: number): void;
}

/** The same attempt, and the observer told what came of it. */
export function observed<Arguments extends readonly unknown[]>(
  attempt: (...given: Arguments) => Promise<Outcome>,
  observer: UpstreamObserver | undefined,
): (...given: Arguments) => Promise<Outcome> {
  if (observer === undefined) return attempt;
  return async (...given) => {
    const begun = performance.now();
    let word = 'abandoned';
    try {
      const outcome = await attempt(...given);
      word = outcome.kind === 'answer' ? String(outcome.status) : outcome.kind;
      return outcome;
    } finally {
      observer.attempt(word, performance.now() - begun);
    }
  };
}
