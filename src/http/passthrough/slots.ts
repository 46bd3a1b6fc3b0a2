const WAITERS_PER_SLOT = 32;

/** Lets a number of requests run at once; the others wait in order. */
export class Slots {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(private readonly limit: number) {
    this.#free = limit;
  }

  /** As many wait as may. */
  get isFull(): boolean {
    return this.#waiting.size >= this.limit * WAITERS_PER_SLOT;
  }

  /** Calls `run` once there is room. What it returns, to be called once, gives up the slot or the place in the queue. */
  enter(run: () => void): () => void {
    if (this.#free > 0) {
      this.#free -= 1;
      run();
    } else {
      this.#waiting.add(run);
    }
    return () => {
      if (this.#waiting.delete(run)) return;
      const [next] = this.#waiting;
      if (next === undefined) {
        this.#free += 1;
      } else {
        this.#waiting.delete(next);
        next();
      }
    };
  }
}
