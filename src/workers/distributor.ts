import type { Socket } from 'node:net';
import type { WorkerProcess } from './worker-process.js';

/** A worker that was busy, or is new, is given no more than so many connections ahead of the others. */
const CATCHES_UP = 16;

/** Hands connections to workers, to each as many. */
export class Distributor {
  readonly #waiting: Socket[] = [];

  /** `workers` are those that run at the moment. */
  constructor(private readonly workers: () => readonly WorkerProcess[]) {}

  /** Takes a connection of which nothing has been read. */
  accept(socket: Socket): void {
    this.#waiting.push(socket);
    this.distribute();
  }

  /** To be called whenever a worker may have become free. */
  distribute(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#next();
      const socket = worker && this.#waiting.shift();
      if (socket === undefined) return;
      worker?.handOver(socket);
    }
  }

  /** Whether every connection is with a worker. */
  get done(): boolean {
    return this.#waiting.length === 0 && this.workers().every(({ untaken }) => untaken === undefined);
  }

  /** Resets those that no worker has taken. */
  giveUp(): void {
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  #next(): WorkerProcess | undefined {
    const workers = this.workers();
    const most = Math.max(0, ...workers.map(({ handed }) => handed));
    let next: WorkerProcess | undefined;
    for (const worker of workers) {
      worker.handed = Math.max(worker.handed, most - CATCHES_UP);
      if (worker.free && worker.handed < (next?.handed ?? Infinity)) next = worker;
    }
    return next;
  }
}
