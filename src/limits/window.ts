import type { RateLimit } from '../access/caller.js';
import { allowance, type Allowance } from './limits.js';

/** The largest lot, and the largest part of what is left that a lot may be. */
const LARGEST_LOT = 1_000;
const LARGEST_PART = 0.1;

/** What a counter says after a lot was added to it. */
export interface Tally {
  /** All that was added in this window, by whoever uses the counter, this lot included. */
  readonly count: number;
  /** On the clock of this process. */
  readonly endsAt: number;
  /** Counted in this process alone because Redis is away: worth asking again soon. */
  readonly stopgap: boolean;
}

/**
 * One consumer's present window, as this process knows it: the arithmetic of the schedule in lots.ts. All times are
 * milliseconds of one clock.
 */
export class Window {
  readonly limit: RateLimit;
  #endsAt = -Infinity;
  #stopgap = false;
  /** Granted to this process and not used yet. */
  #held = 0;
  /** Used by this process in this window. */
  #used = 0;
  /** Granted to nobody when the counter was last asked. */
  #left = 0;
  #lastLot = 0;
  /** With so few held the next lot is due. */
  #dueAt = 0;

  constructor(limit: RateLimit) {
    this.limit = limit;
  }

  /** The answer to a request, where it needs no counter. */
  take(now: number): Allowance | undefined {
    if (now >= this.#endsAt || (this.#stopgap && this.#held === 0)) return undefined;
    return this.settle(now);
  }

  /** The answer to a request that waited for a tally, be the window over or not; undefined: the lot was too small. */
  settle(now: number): Allowance | undefined {
    if (this.#held > 0) {
      this.#held -= 1;
      this.#used += 1;
      return allowance(true, this.limit, this.#held + this.#left, this.#endsAt - now);
    }
    return this.#left > 0 ? undefined : allowance(false, this.limit, 0, this.#endsAt - now);
  }

  /** The lot that so many requests need that wait, with what may be fetched for later ones. */
  lotFor(waiting: number, now: number): number {
    return now < this.#endsAt ? Math.max(waiting, this.#spare()) : waiting;
  }

  /** The lot to be fetched while nobody waits; 0 while none is due. */
  lotAhead(now: number): number {
    return this.#held > this.#dueAt || now >= this.#endsAt ? 0 : this.#spare();
  }

  /** Takes note that the counter stood at `count` after this lot was added. */
  fill(lot: number, { count, endsAt, stopgap }: Tally, now: number): void {
    if (now >= this.#endsAt || stopgap !== this.#stopgap) {
      [this.#held, this.#used] = [0, 0];
      this.#endsAt = endsAt;
      this.#stopgap = stopgap;
    }
    const { requests } = this.limit;
    this.#held += Math.min(Math.max(requests - (count - lot), 0), lot);
    this.#left = Math.max(requests - count, 0);
    // Each is early by what its lot took to reach the counter: the latest is the closest.
    this.#endsAt = Math.max(this.#endsAt, endsAt);
    this.#lastLot = lot;
    this.#dueAt = Math.floor(this.#held / 2);
  }

  /** How many may be fetched before they are needed. */
  #spare(): number {
    const part = Math.floor(this.#left * LARGEST_PART);
    return Math.max(0, Math.min(2 * this.#lastLot, this.#used - this.#held, part, LARGEST_LOT));
  }
}
