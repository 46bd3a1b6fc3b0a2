import type { Socket } from 'node:net';
import type { WorkerProcess } from './worker-process.js';

/** Hands connections to workers, in turn. */
export class Distributor {
  readonly #waiting: Socket[] = [];
  /** The number of the connection that a worker was handed last. */
  readonly #last = new WeakMap<WorkerProcess, number>();
  #handed = 0;
  #givenUp = false;

  /** `workers` are those that run at the moment. */
  constructor(private readonly workers: () => readonly WorkerProcess[]) {}

  /** Takes a connection of which nothing has been read. */
  accept(socket: Socket): void {
    if (this.#givenUp) socket.destroy();
    else this.#waiting.push(socket);
    this.distribute();
  }

  /** To be called whenever a worker may have become free. */
  distribute(): void {
    for (let worker = this.#next(); worker !== undefined; worker = this.#next()) {
      const socket = this.#waiting.shift();
      if (socket === undefined) return;
      this.#last.set(worker, ++this.#handed);
      worker.handOver(socket);
    }
  }

  /** Whether every connection is with a worker. */
  get done(): boolean {
    return this.#waiting.length === 0 && this.workers().every(({ untaken }) => untaken === undefined);
  }

  /** Resets those that no worker has taken, and any that may still come. */
  giveUp(): void {
    this.#givenUp = true;
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  /** Of the free workers the one that was handed a connection longest ago. */
  #next(): WorkerProcess | undefined {
    const last = (worker: WorkerProcess) => this.#last.get(worker) ?? 0;
    const free = this.workers().filter((worker) => worker.free);
    return free.sort((one, other) => last(one) - last(other))[0];
  }
}
