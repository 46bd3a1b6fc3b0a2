import type { EventLog } from '../../calls/event-log.js';
import { createLineLimit } from '../../calls/line-limit.js';
import { GatewayError, type ErrorCode } from '../../errors.js';
import { Breaker, type BreakerState } from './breaker.js';
import { Deadline } from './deadline.js';
import { Turns } from './turns.js';

export interface FetchGuardOptions {
  /** Over all of a fetch: waiting for its turn, connecting, answer, retries and their pauses. */
  readonly timeoutMs: number;
  readonly maxConcurrency: number;
  /** Its lines should say which account it is. */
  readonly log: EventLog;
  /** Milliseconds of any origin. */
  readonly now: () => number;
}

const FAILURES: ReadonlySet<ErrorCode> = new Set([
  'upstream-unreachable',
  'upstream-timeout',
  'upstream-error',
]);

/** Which of them come without a word from the upstream. */
const SILENCES: ReadonlySet<ErrorCode> = new Set(['upstream-unreachable', 'upstream-timeout']);

/** Decides which fetches are sent and when, and ends those that take too long. */
export class FetchGuard {
  readonly #options: FetchGuardOptions;
  readonly #queue: Turns;
  readonly #breaker: Breaker;
  readonly #deadlines = new Set<Deadline>();
  readonly #mayLog: (kind: string) => boolean;
  /** How many fetches the upstream has answered, well or not. */
  #answers = 0;
  #toldOpen = false;
  #stopped = false;

  constructor(options: FetchGuardOptions) {
    this.#options = options;
    this.#queue = new Turns(options.maxConcurrency);
    this.#breaker = new Breaker(options.now);
    this.#mayLog = createLineLimit(options.now);
  }

  get breakerState(): BreakerState {
    return this.#breaker.state;
  }

  /** How many fetches are under way and how many wait. */
  get queue(): Turns['state'] {
    return this.#queue.state;
  }

  /**
   * Runs a fetch when it has its turn. Rejects as the task does, or with `overloaded`, `upstream-timeout` or
   * `upstream-unavailable`.
   */
  async run<T>(task: (deadline: Deadline) => Promise<T>): Promise<T> {
    this.#refuseIfPointless();
    const deadline = new Deadline(this.#options.timeoutMs);
    this.#deadlines.add(deadline);
    const answersBefore = this.#answers;
    try {
      await this.#queue.enter(deadline);
      try {
        return await this.#runInPlace(task, deadline, answersBefore);
      } finally {
        this.#queue.leave();
      }
    } finally {
      deadline.clear();
      this.#deadlines.delete(deadline);
    }
  }

  /** That many fetches at once from now on. */
  resize(maxConcurrency: number): void {
    this.#queue.resize(maxConcurrency);
  }

  /** Ends at once what runs or waits, and refuses what comes. */
  stop(): void {
    this.#stopped = true;
    for (const deadline of this.#deadlines) deadline.end(stopping());
  }

  async #runInPlace<T>(
    task: (deadline: Deadline) => Promise<T>,
    deadline: Deadline,
    answersBefore: number,
  ): Promise<T> {
    // Much may have changed while the fetch waited for its place.
    this.#refuseIfPointless();
    deadline.throwIfOver();
    const hadTime = deadline.remainingMs > this.#options.timeoutMs / 2;
    const epoch = this.#breaker.begin();
    try {
      const result = await task(deadline);
      this.#answers++;
      this.#breaker.end(epoch, false);
      return result;
    } catch (error) {
      const code = error instanceof GatewayError && !deadline.answered ? error.code : undefined;
      if (code === undefined || !SILENCES.has(code)) this.#answers++;
      // What spent most of its time waiting and then ran out of it says little, unless nobody was answered meanwhile.
      const tells = code !== 'upstream-timeout' || hadTime || this.#answers === answersBefore;
      if (tells) this.#breaker.end(epoch, code !== undefined && FAILURES.has(code));
      else this.#breaker.dismiss(epoch);
      throw error;
    } finally {
      this.#tell();
    }
  }

  #refuseIfPointless(): void {
    if (this.#stopped) throw stopping();
    const { waitMs } = this.#breaker;
    if (waitMs > 0) throw unavailable(waitMs);
  }

  /** At most once a minute that it is open, however often CallFire comes and goes, and then that it is closed again. */
  #tell(): void {
    const open = this.#breaker.state !== 'closed';
    if (open === this.#toldOpen || (open && !this.#mayLog('open'))) return;
    this.#toldOpen = open;
    const { log } = this.#options;
    if (open)
      log.warn({ breaker: 'open' }, 'CallFire keeps failing: lookups are refused until one succeeds.');
    else log.info({ breaker: 'closed' }, 'CallFire answers again: lookups are sent to it as usual.');
  }
}

function unavailable(waitMs: number): GatewayError {
  const detail = 'CallFire keeps failing and gets a short rest. Try again after the time in Retry-After.';
  return new GatewayError('upstream-unavailable', detail, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
}

function stopping(): GatewayError {
  const detail = 'The gateway is being stopped. Send the request again after the time in Retry-After.';
  return new GatewayError('upstream-unavailable', detail, { retryAfterSeconds: 1 });
}
