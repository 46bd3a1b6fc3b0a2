import { FailureWindow } from './failure-window.js';

const LEAST_FETCHES = 20;
const FAILED_SHARE = 0.5;
const OPEN_MS = 5000;
const PROBE_RETRY_MS = 1000;

/** Closed: fetches pass. Open: none does. Half-open: a single one may, and what becomes of it decides. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * Keeps fetches away from an upstream that fails: opens when of the last ten seconds' fetches, 20 or more, half
 * failed; lets one through after five seconds. What counts as failed is the caller's to say.
 */
export class Breaker {
  #window = new FailureWindow();
  #openUntil: number | undefined;
  #probing = false;
  /** Fetches that began before the last change of state have no say in the next. */
  #epoch = 0;

  /** `now` in milliseconds, of any origin. */
  constructor(private readonly now: () => number) {}

  get state(): BreakerState {
    if (this.#openUntil === undefined) return 'closed';
    return this.now() < this.#openUntil ? 'open' : 'half-open';
  }

  /** How long until it makes sense to ask for a fetch again; 0 when one may begin now. */
  get waitMs(): number {
    if (this.#openUntil === undefined) return 0;
    return Math.max(this.#openUntil - this.now(), this.#probing ? PROBE_RETRY_MS : 0);
  }

  /** To be called as a fetch is sent, with `waitMs` at 0. `end` takes what it returns, or `dismiss`. */
  begin(): number {
    if (this.#openUntil !== undefined) {
      this.#probing = true;
      this.#epoch++;
    }
    return this.#epoch;
  }

  /** To be called once for each `begin`. */
  end(epoch: number, failed: boolean): void {
    if (epoch !== this.#epoch) return;
    if (this.#probing) {
      this.#probing = false;
      if (failed) this.#open();
      else this.#close();
      return;
    }
    this.#window.add(failed, this.now());
    if (failed && this.#tooManyFailed()) this.#open();
  }

  /** Instead of `end` for a fetch that says nothing about the upstream. Where it was let through alone, the next one is. */
  dismiss(epoch: number): void {
    if (epoch === this.#epoch) this.#probing = false;
  }

  #tooManyFailed(): boolean {
    const { total, failed } = this.#window.count(this.now());
    return total >= LEAST_FETCHES && failed >= total * FAILED_SHARE;
  }

  #open(): void {
    this.#openUntil = this.now() + OPEN_MS;
    this.#epoch++;
  }

  #close(): void {
    this.#openUntil = undefined;
    this.#epoch++;
    this.#window = new FailureWindow();
  }
}
