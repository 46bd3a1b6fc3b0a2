import { GatewayError } from '../errors.js';
import type { Health } from '../http/health.js';
import type { DetailedHealth, Explained, Inspection, Operations, PurgeReport } from '../ops/operations.js';
import { lasting, textOf, type Samples } from '../ops/samples.js';
import type { Answer, Question } from './messages.js';
import { mergeHealth } from './one-health.js';

/** What is asked of a worker: `worker-process.ts`. */
interface Asked {
  readonly number: number;
  readonly up: boolean;
  ask(question: Question, withinMs: number): Promise<Answer | undefined>;
}

interface CrewOptions {
  readonly workers: () => readonly Asked[];
  readonly health: () => Health;
}

const ANSWER_WITHIN_MS = 2_000;
/** A Redis may hold many calls of an account. */
const PURGE_WITHIN_MS = 60_000;

/** What operators may ask of all workers together. */
export function createCrewOperations({ workers, health }: CrewOptions): Operations {
  const counts = new CrewCounts(workers);
  const askAll = async (question: Question, withinMs = ANSWER_WITHIN_MS) => {
    const asked = workers().filter(({ up }) => up);
    return Promise.all(asked.map((worker) => worker.ask(question, withinMs)));
  };
  /** The first worker that answers in time. */
  const askOne = async (question: Question): Promise<unknown> => {
    for (const worker of workers()) {
      const answer = worker.up ? await worker.ask(question, ANSWER_WITHIN_MS) : undefined;
      if (answer !== undefined) return valueOf(answer);
    }
    throw new GatewayError('operation-incomplete', 'No worker is up, or none answers. Try again later.');
  };
  return {
    async health() {
      const answers = await askAll({ about: 'health' });
      return mergeHealth(health(), answers.flatMap(valuesOf<DetailedHealth>));
    },
    metrics: () => counts.text(),
    async config() {
      return (await askOne({ about: 'config' })) as object;
    },
    async inspect(target) {
      const answers = (await askAll({ about: 'inspect', target })).filter((answer) => answer !== undefined);
      const [first, ...others] = answers.flatMap(valuesOf<Inspection>);
      if (first === undefined) return (await askOne({ about: 'inspect', target })) as Inspection;
      return { ...first, inMemory: [first, ...others].some(({ inMemory }) => inMemory) };
    },
    async explain(target) {
      return (await askOne({ about: 'explain', target })) as Explained;
    },
    /** By every worker, as each has memory of its own; what is in Redis is counted by the one that finds it there. */
    async purge(target) {
      const answers = await askAll({ about: 'purge', target }, PURGE_WITHIN_MS);
      const reports = answers.flatMap((answer) =>
        answer === undefined ? [] : [valueOf(answer) as PurgeReport],
      );
      const removed = reports.reduce((sum, report) => sum + report.removed, 0);
      const [report] = reports;
      const missed = answers.length - reports.length;
      if (report !== undefined && missed === 0) return { ...report, removed };
      throw new GatewayError(
        'operation-incomplete',
        `${removed} entries are removed, but ${missed} of ${answers.length} workers did not say that they forgot theirs. Send the request again.`,
      );
    },
  };
}

/** The counts of all workers. Those of one that has ended stay in the sums as it told them last. */
class CrewCounts {
  readonly #last = new Map<Asked, Samples>();
  #ended: Samples = [];
  #underWay: Promise<string> | undefined;

  constructor(private readonly workers: () => readonly Asked[]) {}

  /** Who asks while the counts are being gathered gets the same: two at it would each move the ended out of the sums. */
  text(): Promise<string> {
    return (this.#underWay ??= this.#gather().finally(() => {
      this.#underWay = undefined;
    }));
  }

  async #gather(): Promise<string> {
    await Promise.all(this.workers().map((worker) => this.#ask(worker)));
    const here = new Set(this.workers());
    const gone = [...this.#last].filter(([worker]) => !here.has(worker));
    for (const [worker] of gone) this.#last.delete(worker);
    if (gone.length > 0) this.#ended = await lasting([this.#ended, ...gone.map(([, samples]) => samples)]);
    return textOf([...this.#last.values(), this.#ended]);
  }

  async #ask(worker: Asked): Promise<void> {
    const answer = worker.up ? await worker.ask({ about: 'samples' }, ANSWER_WITHIN_MS) : undefined;
    const [samples] = valuesOf<Samples>(answer);
    if (samples !== undefined) this.#last.set(worker, samples);
  }
}

/** A worker's word is taken for what it says it is: it is the same program. */
function valuesOf<T>(answer: Answer | undefined): T[] {
  return answer !== undefined && 'value' in answer ? [answer.value as T] : [];
}

function valueOf(answer: Answer): unknown {
  if ('value' in answer) return answer.value;
  throw new GatewayError(answer.code, answer.detail);
}
