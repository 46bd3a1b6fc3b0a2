import { EventEmitter, once } from 'node:events';
import type { EventLog } from '../calls/event-log.js';
import type { Writable } from 'node:stream';
import type { ToWorker } from './messages.js';
import { WorkerProcess, type Ending, type LastFiles } from './worker-process.js';

interface CrewOptions {
  readonly size: number;
  readonly entry: string;
  readonly stdout: Writable;
  readonly files: LastFiles;
  readonly log: EventLog;
  readonly onFree: () => void;
  /** A worker is up, or is not as it was. */
  readonly onHealth: () => void;
  /** A worker is gone; it may leave a connection that it has not taken. */
  readonly onEnd: (worker: WorkerProcess) => void;
}

/** A worker that lived so long has not died of its start. */
const CALM_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The workers, each replaced when it dies, until the crew is dismissed. */
export class Crew {
  readonly #workers = new Map<number, WorkerProcess>();
  /** How often in a row the worker of that number has died early. */
  readonly #earlyDeaths = new Map<number, number>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  readonly #changed = new EventEmitter<{ change: [] }>();
  #dismissed = false;

  constructor(private readonly options: CrewOptions) {}

  get workers(): readonly WorkerProcess[] {
    return [...this.#workers.values()];
  }

  /** Starts them all; resolves when all are up, or when the crew is dismissed. */
  async start(): Promise<void> {
    for (let number = 1; number <= this.options.size; number += 1) this.#fork(number);
    await this.#until(() => this.#dismissed || this.#complete());
  }

  /** No worker is replaced from now on. */
  dismiss(): void {
    this.#dismissed = true;
    for (const pause of this.#pauses) clearTimeout(pause);
    this.#changed.emit('change');
  }

  tell(message: ToWorker): void {
    for (const worker of this.#workers.values()) worker.tell(message);
  }

  /** Kills them; to be dismissed before. */
  kill(): void {
    for (const worker of this.#workers.values()) worker.kill();
  }

  /** Resolves when the last worker of a dismissed crew is gone. */
  gone(): Promise<void> {
    return this.#until(() => this.#workers.size === 0);
  }

  #complete(): boolean {
    return this.#workers.size === this.options.size && this.workers.every(({ up }) => up);
  }

  #fork(number: number): void {
    const { entry, stdout, files, onFree, onHealth } = this.options;
    const worker = new WorkerProcess({
      ...{ entry, number, stdout, files, onHealth },
      onFree: () => {
        this.#changed.emit('change');
        onFree();
      },
      onEnd: (ending) => {
        this.#ended(worker, ending);
      },
    });
    this.#workers.set(number, worker);
  }

  #ended(worker: WorkerProcess, ending: Ending): void {
    if (this.#workers.get(worker.number) !== worker) return;
    this.#workers.delete(worker.number);
    if (!this.#dismissed) this.#replace(worker, ending);
    this.options.onEnd(worker);
    this.#changed.emit('change');
  }

  #replace({ number, startedAt }: WorkerProcess, ending: Ending): void {
    const deaths = performance.now() - startedAt < CALM_MS ? (this.#earlyDeaths.get(number) ?? 0) : 0;
    this.#earlyDeaths.set(number, deaths + 1);
    const pauseMs = deaths === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (deaths - 1), LONGEST_PAUSE_MS);
    this.options.log.error({ worker: number, ...ending, pauseMs }, 'a worker ended and is replaced');
    const pause = setTimeout(() => {
      this.#pauses.delete(pause);
      this.#fork(number);
    }, pauseMs);
    this.#pauses.add(pause);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changed, 'change');
  }
}
