import type { GatewayError } from '../errors.js';
import { Recent } from './recent.js';

const MOST_CALLS = 10_000;

/** A call that CallFire did not have, and until when that is taken for granted (milliseconds since the epoch). */
export interface MissingCall {
  readonly error: GatewayError;
  readonly until: number;
}

/** Remembers CallFire's 404s for a while, in this process only. */
export class MissingCalls {
  readonly #lifeMs: number;
  readonly #calls: Recent<MissingCall>;

  constructor(negativeSeconds: number) {
    this.#lifeMs = negativeSeconds * 1000;
    this.#calls = new Recent({ lifeMs: this.#lifeMs, maxWeight: MOST_CALLS, weigh: () => 1 });
  }

  get(key: string, now: number): MissingCall | undefined {
    return this.#calls.get(key, now);
  }

  /** Whether it is remembered at all. */
  remember(key: string, error: GatewayError, now: number): boolean {
    this.#calls.set(key, { error, until: now + this.#lifeMs }, now);
    return this.#lifeMs > 0;
  }

  forget(key: string): void {
    this.#calls.delete(key);
  }

  forgetAll(): void {
    this.#calls.clear();
  }
}
