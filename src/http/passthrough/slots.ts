const WAITERS_PER_SLOT = 32;

/** Lets a number of requests run at once; the others wait in order. */
export class Slots {
  readonly #waiting = new Set<() => void>();
  #running = 0;
  readonly #whenIdle: (() => void)[] = [];

  constructor(private limit: number) {}

  /** As many wait as may. */
  get isFull(): boolean {
    return this.#waiting.size >= this.limit * WAITERS_PER_SLOT;
  }

  /** Resolves when none runs, which may be at once. */
  async idle(): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** Calls `run` once there is room. What it returns, to be called once, gives up the slot or the place in the queue. */
  enter(run: () => void): () => void {
    this.#waiting.add(run);
    this.#admit();
    return () => {
      if (this.#waiting.delete(run)) return;
      this.#running -= 1;
      this.#admit();
      if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    };
  }

  /** That many from now on; where they are fewer, those that run go on. */
  resize(limit: number): void {
    this.limit = limit;
    this.#admit();
  }

  #admit(): void {
    for (const run of this.#waiting) {
      if (this.#running >= this.limit) return;
      this.#running += 1;
      this.#waiting.delete(run);
      run();
    }
  }
}
