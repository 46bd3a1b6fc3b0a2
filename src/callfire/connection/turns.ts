import type { QueueState } from '../../calls/explain.js';
import { GatewayError } from '../../errors.js';
import type { Deadline } from './deadline.js';

const WAITERS_PER_PLACE = 32;

/** Lets at most `places` of something run at once; the others wait in the order they came. */
export class Turns {
  #underWay = 0;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();

  constructor(private places: number) {}

  get state(): QueueState {
    const { places } = this;
    const mayWait = places * WAITERS_PER_PLACE;
    return { underWay: this.#underWay, waiting: this.#waiting.size, places, mayWait };
  }

  /**
   * Resolves when there is a place, to be given back with `leave`. Rejects with `overloaded` when as many as
   * may wait do so already, and with the deadline's reason when that ends first: there is nothing to give back then.
   */
  async enter(deadline: Deadline): Promise<void> {
    if (this.#underWay < this.places) {
      this.#underWay++;
      return;
    }
    if (this.#waiting.size >= this.places * WAITERS_PER_PLACE) throw overloaded();
    await deadline.limit<undefined>((admit) => {
      const enter = () => {
        admit(undefined);
      };
      this.#waiting.add(enter);
      return () => void this.#waiting.delete(enter);
    });
  }

  leave(): void {
    this.#underWay--;
    this.#admit();
  }

  /** That many places from now on. Who is in stays in, and who waits goes on waiting, where there are fewer. */
  resize(places: number): void {
    this.places = places;
    this.#admit();
  }

  #admit(): void {
    for (const next of this.#waiting) {
      if (this.#underWay >= this.places) return;
      this.#underWay++;
      this.#waiting.delete(next);
      next();
    }
  }
}

function overloaded(): GatewayError {
  const detail = 'Too many lookups are waiting already. Try again after the time in Retry-After.';
  return new GatewayError('overloaded', detail, { retryAfterSeconds: 1 });
}
