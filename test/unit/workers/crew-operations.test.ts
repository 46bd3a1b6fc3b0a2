import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Answer, Question } from '../../../src/workers/messages.js';
import { createCrewOperations } from '../../../src/workers/crew-operations.js';
import { metric } from '../../support/operators.js';

const TARGET = { account: 'main', id: '77' };

/** A worker as it is asked: says what it is told to, and nothing while it hangs. */
class ScriptedWorker {
  up = true;
  hangs = false;
  readonly asked: string[] = [];

  constructor(
    readonly number: number,
    readonly answers: Partial<Record<Question['about'], Answer>>,
  ) {}

  ask({ about }: Question): Promise<Answer | undefined> {
    this.asked.push(about);
    return Promise.resolve(this.hangs ? undefined : this.answers[about]);
  }
}

const counter = (value: number) => ({
  value: [
    {
      name: 'things_total',
      help: 'Things',
      type: 'counter',
      aggregator: 'sum',
      values: [{ value, labels: {} }],
    },
  ],
});
const health = () => ({ stopping: false, cache: 'up', upstream: 'ok' }) as const;

let workers: ScriptedWorker[];
const operations = () => createCrewOperations({ workers: () => workers, health });

beforeEach(() => {
  workers = [1, 2].map(
    (number) =>
      new ScriptedWorker(number, {
        samples: counter(number),
        purge: { value: { account: 'main', removed: 1 } },
        explain: { value: { verdict: `of ${number}` } },
      }),
  );
});

const [FIRST, SECOND] = [0, 1];
const worker = (index: number): ScriptedWorker => workers[index] ?? new ScriptedWorker(0, {});

describe('createCrewOperations', () => {
  it('counts a worker that hangs, and one that has ended, as it was last heard', async () => {
    const crew = operations();
    expect(metric(await crew.metrics(), 'things_total')).toBe(3);
    worker(FIRST).hangs = true;
    expect(metric(await crew.metrics(), 'things_total')).toBe(3);
    workers = [worker(SECOND), new ScriptedWorker(1, { samples: counter(10) })];
    expect(metric(await crew.metrics(), 'things_total')).toBe(13);
    expect(metric(await crew.metrics(), 'things_total')).toBe(13);
  });

  it('loses no count to two that ask at once, however many workers end', async () => {
    const crew = operations();
    worker(FIRST).answers.samples = counter(100);
    worker(SECOND).answers.samples = counter(10);
    expect(metric(await crew.metrics(), 'things_total')).toBe(110);
    const third = new ScriptedWorker(3, { samples: counter(1) });
    const both = async () => {
      const texts = await Promise.all([crew.metrics(), crew.metrics()]);
      return texts.map((text) => metric(text, 'things_total'));
    };
    workers = [worker(SECOND), third];
    expect(await both()).toEqual([111, 111]);
    workers = [third];
    expect(await both()).toEqual([111, 111]);
    expect(metric(await crew.metrics(), 'things_total')).toBe(111);
  });

  it('asks another worker where one does not answer', async () => {
    worker(FIRST).hangs = true;
    expect(await operations().explain(TARGET)).toEqual({ verdict: 'of 2' });
    worker(SECOND).up = false;
    await expect(operations().explain(TARGET)).rejects.toMatchObject({ code: 'operation-incomplete' });
  });

  it('has every worker purge, and says so where one did not', async () => {
    expect(await operations().purge(TARGET)).toEqual({ account: 'main', removed: 2 });
    expect(workers.map(({ asked }) => asked)).toEqual([['purge'], ['purge']]);
    worker(SECOND).hangs = true;
    await expect(operations().purge(TARGET)).rejects.toMatchObject({
      code: 'operation-incomplete',
      message: expect.stringContaining('1 of 2 workers'),
    });
  });

  it("passes a worker's refusal on", async () => {
    workers = [new ScriptedWorker(1, { purge: { code: 'account-not-found', detail: 'none' } })];
    await expect(operations().purge(TARGET)).rejects.toMatchObject({ code: 'account-not-found' });
  });

  it('takes the worst breaker and all queues, and tells of a reload that was refused', async () => {
    const queue = { underWay: 1, waiting: 2, places: 32, mayWait: 1024 };
    const tell = (breaker: string, outcome: string, at: string) => ({
      value: { accounts: [{ name: 'main', breaker, queue }], reload: { outcome, cause: 'SIGHUP', at } },
    });
    workers = [
      new ScriptedWorker(1, { health: tell('open', 'refused', '2026-01-01') }),
      new ScriptedWorker(2, { health: tell('closed', 'done', '2026-01-02') }),
    ];
    expect(await operations().health()).toMatchObject({
      cache: 'up',
      accounts: [
        { name: 'main', breaker: 'open', queue: { underWay: 2, waiting: 4, places: 64, mayWait: 2048 } },
      ],
      reload: { outcome: 'refused' },
    });
  });
});
