import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { FileContents } from '../config-reader.js';
import type { Health } from '../http/health.js';
import type { Answer, Question, ToPrimary, ToWorker } from './messages.js';
import { relayLines } from './relay-lines.js';

/** How a process ended: by a code of its own or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What the files held when a worker, or the primary process at its start, found them usable. */
export interface LastFiles {
  contents: FileContents;
}

interface WorkerProcessOptions {
  /** The program that is started, with `worker <number>` as its arguments. */
  readonly entry: string;
  readonly number: number;
  readonly stdout: Writable;
  /** For a worker that is started while they are broken, by those that run. */
  readonly files: LastFiles;
  /** The worker may be handed a connection: it is ready for its first, or has taken the one before. */
  readonly onFree: () => void;
  /** It is up, or is not as it was. */
  readonly onHealth: () => void;
  /** The process is gone and its output passed on. */
  readonly onEnd: (ending: Ending) => void;
}

/** A worker as the primary process sees it. */
export class WorkerProcess {
  readonly startedAt = performance.now();
  readonly number: number;
  #ready = false;
  #handedOver: Socket | undefined;
  #health: Health | undefined;
  readonly #child: ChildProcess;
  /** Who waits for the answer of that number. */
  readonly #asking = new Map<number, (answer: Answer | undefined) => void>();
  #questions = 0;

  constructor(private readonly options: WorkerProcessOptions) {
    this.number = options.number;
    this.#child = fork(options.entry, ['worker', String(options.number)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    if (this.#child.stdout !== null) relayLines(this.#child.stdout, options.stdout);
    this.#child.on('message', (message) => {
      this.#received(message as ToPrimary);
    });
    // Where the process could not even be started, nothing else comes.
    this.#child.on('error', () => {
      if (this.#child.pid === undefined) this.#ended({ code: null, signal: null });
    });
    this.#child.on('close', (code: number | null, signal: NodeJS.Signals | null) => {
      this.#ended({ code, signal });
    });
  }

  /** It listens to messages and serves what it is handed. */
  get up(): boolean {
    return this.#ready && this.#child.connected;
  }

  /** What it said last of itself; undefined unless it is up. */
  get health(): Health | undefined {
    return this.up ? this.#health : undefined;
  }

  /** One connection at a time: a worker that is busy for long shall not have others wait for it. */
  get free(): boolean {
    return this.up && this.#handedOver === undefined;
  }

  /** A connection that was handed over and not taken: nobody has read from it, so another worker can serve it. */
  get untaken(): Socket | undefined {
    return this.#handedOver;
  }

  handOver(socket: Socket): void {
    this.#handedOver = socket;
    // Kept open until it is taken. Node closes what it has sent only when it learns that it came; never, if it did not.
    this.#child.send({ type: 'connection' } satisfies ToWorker, socket, { keepOpen: true }, ignore);
  }

  tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, ignore);
  }

  /** Undefined where no answer comes within the time, or at all. */
  ask(question: Question, withinMs: number): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const number = (this.#questions += 1);
      const settle = (answer: Answer | undefined) => {
        clearTimeout(timer);
        this.#asking.delete(number);
        resolve(answer);
      };
      const timer = setTimeout(settle, withinMs, undefined);
      this.#asking.set(number, settle);
      if (this.up) this.tell({ type: 'ask', number, question });
      else settle(undefined);
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #received(message: ToPrimary): void {
    switch (message.type) {
      case 'health':
        this.#health = message.health;
        this.options.onHealth();
        break;
      case 'ready':
        this.#ready = true;
        // Before a connection comes: a worker answers `/readyz` with what it has heard.
        this.options.onHealth();
        this.options.onFree();
        break;
      case 'taken':
        this.#handedOver?.destroy();
        this.#handedOver = undefined;
        this.options.onFree();
        break;
      case 'files':
        this.options.files.contents = message.contents;
        break;
      case 'borrow':
        this.tell({ type: 'lent', contents: this.options.files.contents });
        break;
      case 'answer':
        this.#asking.get(message.number)?.(message.answer);
    }
  }

  #ended(ending: Ending): void {
    this.#ready = false;
    for (const settle of this.#asking.values()) settle(undefined);
    this.options.onEnd(ending);
  }
}

/** What cannot be sent any more was for a worker that has ended, of which `close` tells. */
const ignore = () => undefined;
