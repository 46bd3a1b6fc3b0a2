import type { EventLog } from '../../calls/event-log.js';
import { GatewayError, type ErrorCode } from '../../errors.js';
import { Breaker, type BreakerState } from './breaker.js';
import { Deadline } from './deadline.js';
import { FetchQueue } from './fetch-queue.js';

export interface FetchGuardOptions {
  /** Over all of a fetch: waiting for its turn, connecting, answer, retries and their pauses. */
  readonly timeoutMs: number;
  readonly maxConcurrency: number;
  readonly log: EventLog;
  /** Milliseconds of any origin. */
  readonly now: () => number;
}

const FAILURES: ReadonlySet<ErrorCode> = new Set([
  'upstream-unreachable',
  'upstream-timeout',
  'upstream-error',
]);

/** Decides which fetches are sent and when, and ends those that take too long. */
export class FetchGuard {
  readonly #options: FetchGuardOptions;
  readonly #queue: FetchQueue;
  readonly #breaker: Breaker;
  readonly #deadlines = new Set<Deadline>();
  #stopped = false;

  constructor(options: FetchGuardOptions) {
    this.#options = options;
    this.#queue = new FetchQueue(options.maxConcurrency);
    this.#breaker = new Breaker(options.now);
  }

  get breakerState(): BreakerState {
    return this.#breaker.state;
  }

  /**
   * Runs a fetch when it has its turn. Rejects as the task does, or with `overloaded`, `upstream-timeout` or
   * `upstream-unavailable`.
   */
  async run<T>(task: (deadline: Deadline) => Promise<T>): Promise<T> {
    this.#refuseIfPointless();
    const deadline = new Deadline(this.#options.timeoutMs);
    this.#deadlines.add(deadline);
    try {
      await this.#queue.enter(deadline);
      try {
        return await this.#runInPlace(task, deadline);
      } finally {
        this.#queue.leave();
      }
    } finally {
      deadline.clear();
      this.#deadlines.delete(deadline);
    }
  }

  /** Ends at once what runs or waits, and refuses what comes. */
  stop(): void {
    this.#stopped = true;
    for (const deadline of this.#deadlines) deadline.end(stopping());
  }

  async #runInPlace<T>(task: (deadline: Deadline) => Promise<T>, deadline: Deadline): Promise<T> {
    // Much may have changed while the fetch waited for its place.
    this.#refuseIfPointless();
    deadline.throwIfOver();
    // What spent most of its time waiting and then ran out of it says little about the upstream.
    const hadTime = deadline.remainingMs > this.#options.timeoutMs / 2;
    const epoch = this.#breaker.begin();
    try {
      const result = await task(deadline);
      this.#conclude(epoch, false);
      return result;
    } catch (error) {
      this.#conclude(epoch, isFailure(error) && (hadTime || error.code !== 'upstream-timeout'));
      throw error;
    }
  }

  #refuseIfPointless(): void {
    if (this.#stopped) throw stopping();
    const { waitMs } = this.#breaker;
    if (waitMs > 0) throw unavailable(waitMs);
  }

  #conclude(epoch: number, failed: boolean): void {
    const change = this.#breaker.end(epoch, failed);
    if (change === 'opened') {
      this.#options.log.warn(
        { breaker: 'open' },
        'CallFire keeps failing: lookups are refused until one succeeds.',
      );
    } else if (change === 'closed') {
      this.#options.log.info(
        { breaker: 'closed' },
        'CallFire answers again: lookups are sent to it as usual.',
      );
    }
  }
}

function isFailure(error: unknown): error is GatewayError {
  return error instanceof GatewayError && FAILURES.has(error.code);
}

function unavailable(waitMs: number): GatewayError {
  const detail = 'CallFire keeps failing and gets a short rest. Try again after the time in Retry-After.';
  return new GatewayError('upstream-unavailable', detail, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
}

function stopping(): GatewayError {
  const detail = 'The gateway is being stopped. Send the request again after the time in Retry-After.';
  return new GatewayError('upstream-unavailable', detail, { retryAfterSeconds: 1 });
}
