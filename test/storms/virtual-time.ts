/** What happens at a moment, and may be called off before. */
interface Planned {
  readonly at: number;
  readonly run: () => void;
  off: boolean;
}

// Jest looks globals up in a slow way.
const NEVER = Infinity;

type Callback = (...values: unknown[]) => void;

/**
 * A clock that jumps from one planned moment to the next, so that minutes pass in a millisecond and always in the same order.
 * Between two moments every promise that can settle does.
 */
export class VirtualTime {
  /** Milliseconds since the epoch. */
  now: number;
  /** Soonest last; of the same moment, what was planned first comes first. */
  readonly #planned: Planned[] = [];

  constructor(startsAt: number) {
    this.now = startsAt;
  }

  at(at: number, run: () => void): Planned {
    const planned = { at: at > this.now ? at : this.now, run, off: false };
    let place = this.#planned.length;
    while (place > 0 && (this.#planned[place - 1]?.at ?? NEVER) <= planned.at) place--;
    this.#planned.splice(place, 0, planned);
    return planned;
  }

  after(ms: number, run: () => void): Planned {
    return this.at(this.now + ms, run);
  }

  until(at: number): Promise<void> {
    return new Promise((resolve) => this.at(at, resolve));
  }

  /** Lets everything happen that is planned up to then. */
  runUntil(end: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = () => {
        try {
          const next = this.#next(end);
          if (next === undefined) {
            this.now = end;
            resolve();
            return;
          }
          this.now = next.at;
          next.run();
          // Node runs a tick that a microtask asked for only when no microtask is left.
          queueMicrotask(() => {
            process.nextTick(step);
          });
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      step();
    });
  }

  #next(end: number): Planned | undefined {
    while (this.#planned.at(-1)?.off === true) this.#planned.pop();
    return (this.#planned.at(-1)?.at ?? NEVER) <= end ? this.#planned.pop() : undefined;
  }

  /** Has this file's global timers and clocks be this one's while `work` runs. */
  async rule<T>(work: () => Promise<T>): Promise<T> {
    const { setTimeout, clearTimeout, setImmediate, performance } = globalThis;
    const realNow = Date.now;
    Object.assign(globalThis, {
      setTimeout: (run: Callback, ms = 0, ...values: unknown[]) =>
        this.after(ms, () => {
          run(...values);
        }),
      clearTimeout: (planned?: Planned) => {
        if (planned !== undefined) planned.off = true;
      },
      setImmediate: (run: Callback) => this.after(0, run),
      performance: { now: () => this.now },
    });
    Date.now = () => this.now;
    try {
      return await work();
    } finally {
      Object.assign(globalThis, { setTimeout, clearTimeout, setImmediate, performance });
      Date.now = realNow;
    }
  }
}
