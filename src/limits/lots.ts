import type { RateLimit } from '../access/caller.js';
import type { Counter } from './counter.js';
import type { Allowance } from './limits.js';
import { Window } from './window.js';

interface LotsOptions {
  readonly limit: RateLimit;
  /** Of the counter that all processes share. */
  readonly key: string;
  readonly count: Counter;
  /** Milliseconds from any start, never set back. */
  readonly now: () => number;
}

/**
 * What this process takes from one consumer's limit. To ask Redis for each request would cost more than the request, so
 * requests are taken in lots, and still no more than the limit are granted in a window, by all processes together:
 *
 * 1. the first request finds no window: a lot of 1 is added to the counter, and the request waits for the answer, as do
 *    those that come meanwhile;
 * 2. the counter stands at `c` after a lot of `n`: granted is what of the `n` lay below the limit. Nobody else can be granted
 *    the same, because the counter gives each lot a stretch of its own;
 * 3. those that waited are answered in their order; for those still waiting the next lot is as large as their number;
 * 4. what is left of the lot is held: the next requests are granted at once;
 * 5. when half of it is used, the next lot is fetched. It is twice as large, but with it no more is held than this process
 *    has used in the window, so a process that is idle keeps little from the others; nor is it more than a tenth of what
 *    was left, so near the limit each request is counted as it comes;
 * 6. the counter has reached the limit and nothing is held: refusals need no counter until the window ends;
 * 7. the window ends, and what is held is void. The end is reckoned from when the lot was sent, hence never late.
 *
 * A lot that is counted but whose answer is lost is granted to nobody. While Redis is away the same goes on with a counter of
 * this process, from nothing; step 6 does not hold then, so that the consumer is back at Redis with the first lot after it is.
 */
export class Lots {
  readonly #options: LotsOptions;
  readonly #window: Window;
  #waiting: ((allowance: Allowance) => void)[] = [];
  #fetching = false;

  constructor(options: LotsOptions) {
    this.#options = options;
    this.#window = new Window(options.limit);
  }

  /** Whether they are of this limit; a configuration that was read again brings equal limits as other objects. */
  areOf(limit: RateLimit): boolean {
    const own = this.#window.limit;
    return own === limit || (own.requests === limit.requests && own.seconds === limit.seconds);
  }

  take(now = this.#options.now()): Allowance | Promise<Allowance> {
    const known = this.#window.take(now);
    if (!this.#fetching)
      this.#fetch(known === undefined ? this.#window.lotFor(1, now) : this.#window.lotAhead(now));
    return known ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  #fetch(lot: number): void {
    if (lot === 0) return;
    const { limit, key, count, now } = this.#options;
    const sentAt = now();
    this.#fetching = true;
    void count(key, limit.seconds, lot).then(({ count, msLeft, stopgap }) => {
      this.#fetching = false;
      const at = now();
      this.#window.fill(lot, { count, stopgap, endsAt: sentAt + msLeft }, at);
      this.#answer(at);
    });
  }

  #answer(now: number): void {
    let answered = 0;
    for (const resolve of this.#waiting) {
      const allowance = this.#window.settle(now);
      if (allowance === undefined) break;
      resolve(allowance);
      answered += 1;
    }
    this.#waiting = this.#waiting.slice(answered);
    const { length } = this.#waiting;
    this.#fetch(length > 0 ? this.#window.lotFor(length, now) : this.#window.lotAhead(now));
  }
}
