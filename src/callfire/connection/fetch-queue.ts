import { GatewayError } from '../../errors.js';
import type { Deadline } from './deadline.js';

const WAITERS_PER_PLACE = 32;

interface Waiter {
  readonly admit: (value: undefined) => void;
  previous: Waiter | undefined;
  next: Waiter | undefined;
  waiting: boolean;
}

/** Lets at most `places` fetches run at once; the others wait in the order they came. Every operation is O(1). */
export class FetchQueue {
  #free: number;
  #waiting = 0;
  #first: Waiter | undefined;
  #last: Waiter | undefined;

  constructor(private readonly places: number) {
    this.#free = places;
  }

  /**
   * Resolves when the fetch has its place, to be given back with `leave`. Rejects with `overloaded` when as many as
   * may wait do so already, and with the deadline's reason when that ends first: there is nothing to give back then.
   */
  async enter(deadline: Deadline): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    if (this.#waiting >= this.places * WAITERS_PER_PLACE) throw overloaded();
    await deadline.limit<undefined>((admit) => {
      const waiter = this.#append(admit);
      return () => {
        this.#remove(waiter);
      };
    });
  }

  leave(): void {
    const next = this.#first;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#remove(next);
    next.admit(undefined);
  }

  #append(admit: Waiter['admit']): Waiter {
    const waiter: Waiter = { admit, previous: this.#last, next: undefined, waiting: true };
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    this.#waiting++;
    return waiter;
  }

  #remove(waiter: Waiter): void {
    if (!waiter.waiting) return;
    waiter.waiting = false;
    this.#waiting--;
    if (waiter.previous === undefined) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
  }
}

function overloaded(): GatewayError {
  const detail =
    'Too many lookups are waiting for CallFire already. Try again after the time in Retry-After.';
  return new GatewayError('overloaded', detail, { retryAfterSeconds: 1 });
}
