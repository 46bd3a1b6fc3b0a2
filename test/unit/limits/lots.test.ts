import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Counted } from '../../../src/limits/counter.js';
import type { Allowance } from '../../../src/limits/limits.js';
import { Lots } from '../../../src/limits/lots.js';

/** A counter as Redis keeps it, which any number of processes share, with a way there and back that takes its time. */
class SharedCounter {
  readonly #seconds: number;
  now = 0;
  asked = 0;
  /** The number of the present window. */
  window = 0;
  #count = 0;
  #endsAt = -Infinity;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  isOpen(): boolean {
    return this.now < this.#endsAt;
  }

  add(lot: number): Counted {
    this.asked += 1;
    if (!this.isOpen()) {
      this.window += 1;
      this.#count = 0;
      this.#endsAt = this.now + this.#seconds * 1000;
    }
    this.#count += lot;
    return { count: this.#count, msLeft: this.#endsAt - this.now, stopgap: false };
  }
}

/** One process, whose lots travel when they are told to. */
class Process {
  readonly #lots: Lots;
  readonly #grant: (window: number) => void;
  readonly #counter: SharedCounter;
  #sent: { lot: number; resolve: (counted: Counted) => void } | undefined;
  #reached: { counted: Counted; window: number; resolve: (counted: Counted) => void } | undefined;
  #answeredFrom = 0;
  unanswered = 0;

  constructor(counter: SharedCounter, requests: number, seconds: number, grant: (window: number) => void) {
    this.#counter = counter;
    this.#grant = grant;
    this.#lots = new Lots({
      limit: { requests, seconds },
      key: 'key',
      count: (_key, _seconds, lot) =>
        new Promise((resolve) => {
          this.#sent = { lot, resolve };
        }),
      now: () => counter.now,
    });
  }

  /** A grant at once belongs to the counter's present window, which must not be over; a later one to that of its lot. */
  take(): Allowance | undefined {
    const taken = this.#lots.take();
    if (!(taken instanceof Promise)) {
      if (taken.granted) {
        if (!this.#counter.isOpen()) throw new Error('Granted after the window had ended');
        this.#grant(this.#counter.window);
      }
      return taken;
    }
    this.unanswered += 1;
    void taken.then(({ granted }) => {
      this.unanswered -= 1;
      if (granted) this.#grant(this.#answeredFrom);
    });
    return undefined;
  }

  /** The lot that is on its way reaches the counter, or its answer this process. */
  async travel(): Promise<void> {
    if (this.#sent !== undefined) {
      const { lot, resolve } = this.#sent;
      this.#sent = undefined;
      this.#reached = { counted: this.#counter.add(lot), window: this.#counter.window, resolve };
    } else if (this.#reached !== undefined) {
      const { counted, window, resolve } = this.#reached;
      this.#reached = undefined;
      this.#answeredFrom = window;
      resolve(counted);
      // Until all that follows from it has happened.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  /** Five requests at a time, each time with a quick counter. */
  async work(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      for (let i = 0; i < 5; i += 1) this.take();
      for (let ways = 0; ways < 2; ways += 1) await this.travel();
    }
  }
}

/** A process is asked, its lot travels, it is busy for a while, or time passes. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ take: fc.nat(2), times: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 3, arbitrary: fc.record({ travel: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ work: fc.nat(2), rounds: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 700 }) }) },
);

describe('Lots', () => {
  it('never grants more than the limit in a window, whatever several processes do and how long the ways are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 400 }),
        fc.array(step, { minLength: 20, maxLength: 150 }),
        async (requests, steps) => {
          const granted = new Map<number, number>();
          const grant = (window: number) => granted.set(window, (granted.get(window) ?? 0) + 1);
          const counter = new SharedCounter(1);
          const processes = [1, 2, 3].map(() => new Process(counter, requests, 1, grant));
          for (const taken of steps) {
            if ('pass' in taken) counter.now += taken.pass;
            else if ('travel' in taken) await processes[taken.travel]?.travel();
            else if ('work' in taken) await processes[taken.work]?.work(taken.rounds);
            else for (let i = 0; i < taken.times; i += 1) processes[taken.take]?.take();
          }
          expect(Math.max(0, ...granted.values())).toBeLessThanOrEqual(requests);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('grants all of the limit to one busy process, then refuses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 60 }),
        async (requests, atOnce) => {
          let granted = 0;
          const count = () => void (granted += 1);
          const counter = new SharedCounter(60);
          const process = new Process(counter, requests, 60, count);
          let refused = false;
          while (!refused) {
            for (let i = process.unanswered; i < atOnce; i += 1)
              refused = process.take()?.granted === false || refused;
            await process.travel();
          }
          expect(granted).toBe(requests);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('asks the counter seldom where a process is busy', async () => {
    let granted = 0;
    const count = () => void (granted += 1);
    const counter = new SharedCounter(60);
    const process = new Process(counter, 100_000, 60, count);
    let refused = false;
    while (!refused) {
      for (let i = process.unanswered; i < 50; i += 1) refused = process.take()?.granted === false || refused;
      await process.travel();
    }
    expect(granted).toBe(100_000);
    expect(counter.asked).toBeLessThan(300);
  });

  it('never takes a window to last longer than it does, however late it hears of it', async () => {
    const counter = new SharedCounter(1);
    const process = new Process(counter, 1_000, 1, () => undefined);
    await process.work(10);
    expect(process.take()).toMatchObject({ granted: true });
    while (process.unanswered === 0) process.take();
    await process.travel();
    counter.now = 900;
    await process.travel();
    expect(process.take()).toMatchObject({ granted: true, resetSeconds: 1 });
    counter.now = 1_000;
    expect(process.take()).toBeUndefined();
  });

  it('answers in their order those that wait for the same lot', async () => {
    const counter = new SharedCounter(60);
    const lots = new Lots({
      limit: { requests: 3, seconds: 60 },
      key: 'key',
      count: (_key, _seconds, lot) => Promise.resolve(counter.add(lot)),
      now: () => counter.now,
    });
    const answers: number[] = [];
    const taken = await Promise.all(
      [1, 2, 3, 4, 5].map(async (number) => {
        const { granted } = await lots.take();
        answers.push(number);
        return granted;
      }),
    );
    expect(taken).toEqual([true, true, true, false, false]);
    expect(answers).toEqual([1, 2, 3, 4, 5]);
    expect(counter.asked).toBe(2);
  });
});
