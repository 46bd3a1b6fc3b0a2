import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Health } from '../http/health.js';
import type { ToPrimary, ToWorker } from './messages.js';
import { Questions } from './questions.js';
import { relayLines } from './relay-lines.js';

/** How a process ended: by a code of its own or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface WorkerProcessOptions {
  /** The program that is started, with `worker <number>` as its arguments. */
  readonly entry: string;
  readonly number: number;
  readonly stdout: Writable;
  /** The worker may be handed a connection: it is ready for its first, or has taken the one before. */
  readonly onFree: () => void;
  /** The worker wants to know how all are. */
  readonly onQuestion: () => Promise<Health>;
  /** The process is gone and its output passed on. */
  readonly onEnd: (ending: Ending) => void;
}

/** How long a worker that is busy may take to say how it is, before what it said last counts. */
const ANSWER_WITHIN_MS = 250;

/** A worker as the primary process sees it. */
export class WorkerProcess {
  readonly startedAt = performance.now();
  readonly number: number;
  /** How many connections it has been handed. */
  handed = 0;
  #ready = false;
  #handedOver: Socket | undefined;
  #health: Health | undefined;
  readonly #child: ChildProcess;
  readonly #questions = new Questions();

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
    this.handed += 1;
    // Kept open until it is taken. Node closes what it has sent only when it learns that it came; never, if it did not.
    this.#child.send({ type: 'connection' } satisfies ToWorker, socket, { keepOpen: true }, ignore);
  }

  tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, ignore);
  }

  /** How it is, or was when it last said so. */
  async health(): Promise<Health | undefined> {
    const send = (question: ToWorker) => {
      this.tell(question);
    };
    this.#health = (await this.#questions.ask(send, ANSWER_WITHIN_MS)) ?? this.#health;
    return this.#health;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #received(message: ToPrimary): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.#health = message.health;
        this.options.onFree();
        break;
      case 'taken':
        this.#handedOver?.destroy();
        this.#handedOver = undefined;
        this.options.onFree();
        break;
      case 'question':
        void this.options.onQuestion().then((health) => {
          this.tell({ type: 'answer', id: message.id, health });
        });
        break;
      case 'answer':
        this.#questions.answered(message);
    }
  }

  #ended(ending: Ending): void {
    this.#ready = false;
    this.options.onEnd(ending);
  }
}

/** What cannot be sent any more was for a worker that has ended, of which `close` tells. */
const ignore = () => undefined;
