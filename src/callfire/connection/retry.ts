import type { Deadline } from './deadline.js';
import { retryAfterSeconds } from './retry-after.js';
import type { Outcome } from './upstream-request.js';

const MOST_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
const PASSING_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Repeats a read while it fails in a way that passes, at most twice, with full jitter between. Gives up at once,
 * with the last outcome, when the pause would outlast the deadline. `random` gives numbers from 0 to 1.
 */
export async function withRetries(
  attempt: () => Promise<Outcome>,
  deadline: Deadline,
  random: () => number,
): Promise<Outcome> {
  for (let attempts = 1; ; attempts++) {
    const outcome = await attempt();
    if (attempts === MOST_ATTEMPTS || !mayPass(outcome)) return outcome;
    const jitterMs = random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
    const pauseMs = Math.max(jitterMs, askedPauseMs(outcome));
    if (pauseMs >= deadline.remainingMs) return outcome;
    await deadline.pause(pauseMs);
  }
}

function mayPass(outcome: Outcome): boolean {
  if (outcome.kind === 'answer') return PASSING_STATUSES.has(outcome.status);
  return outcome.kind === 'no-answer' || outcome.kind === 'cut';
}

function askedPauseMs(outcome: Outcome): number {
  if (outcome.kind !== 'answer' || outcome.status !== 503) return 0;
  return (retryAfterSeconds(outcome.headers) ?? 0) * 1000;
}
