import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { Tinypool } from 'tinypool';
import type { ThreadTask } from './document/document-worker.js';
import { beyondMemory, type ThreadReply } from './document/thread-reply.js';

/** A thread takes a core that hits want too, and much memory. */
export const MOST_THREADS = availableParallelism() > 2 ? 2 : 1;

const IDLE_MS = 10_000;

/** Measured: documents of real calls take up to 20 bytes of heap for each of theirs, the densest that are accepted 35. */
const HEAP_BYTES_PER_BYTE = 40;
const [LEAST_HEAP_MIB, MOST_HEAP_MIB] = [32, 4096];
const MEBIBYTE = 1024 * 1024;

const ENTRY = new URL('./document/document-worker.js', import.meta.url);

export type ThreadOutcome = ThreadReply | { readonly failure: unknown };

/** Threads that read documents; each starts when there is no idle one, and ends after it has been idle for a while. */
export class DocumentThreads {
  readonly #pool: Tinypool;
  #startFailure: unknown;

  /**
   * `maxBytes` is the longest document that will come, `entry` the compiled `document-worker.ts`.
   * Throws where that is not built.
   */
  constructor(maxBytes: number, entry: URL = ENTRY) {
    this.#pool = createPool(maxBytes, entry);
    this.#pool.on('error', (error) => {
      // A thread broke off that had no document yet, and one may be waiting for it: the pool would start no other.
      this.#startFailure = error;
      this.#pool.cancelPendingTasks();
    });
  }

  /**
   * Reads one document, whose memory becomes the thread's. Must not be called for more than MOST_THREADS at a time:
   * what the pool queues may wait forever once a thread has been ended. Returns what ends the thread with its work.
   */
  run(task: ThreadTask, settle: (outcome: ThreadOutcome) => void): () => void {
    const aborted = new AbortController();
    let over = false;
    const end = (outcome: ThreadOutcome) => {
      over = true;
      settle(outcome);
    };
    const options = { name: 'readInThread', signal: aborted.signal, transferList: memoryOf(task) };
    this.#pool.run(task, options).then(end, (error: unknown) => {
      end({ failure: this.#failure(error) });
    });
    return () => {
      if (!over) aborted.abort();
    };
  }

  /** Ends all threads at once, whatever they are at. */
  async close(): Promise<void> {
    // Rejects for a thread that fails on its own while it is being ended.
    await this.#pool.destroy().catch(() => undefined);
  }

  #failure(error: unknown): unknown {
    if (!types.isNativeError(error)) return error;
    if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') return beyondMemory();
    return error.name === 'CancelError' ? this.#startFailure : error;
  }
}

function createPool(maxBytes: number, entry: URL): Tinypool {
  const filename = fileURLToPath(entry);
  if (!existsSync(filename)) throw new Error(`${filename} is missing: what the threads run must be built.`);
  const heapMiB = LEAST_HEAP_MIB + Math.ceil((maxBytes * HEAP_BYTES_PER_BYTE) / MEBIBYTE);
  return new Tinypool({
    filename,
    minThreads: 0,
    maxThreads: MOST_THREADS,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: Math.min(heapMiB, MOST_HEAP_MIB) },
    // The process's own environment may hold the credentials, and its flags be none for threads.
    env: {},
    execArgv: [],
  });
}

/** Handed over where the document has its memory for itself, else copied by the way. */
function memoryOf({ document: { buffer, byteLength } }: ThreadTask): ArrayBuffer[] {
  return types.isArrayBuffer(buffer) && buffer.byteLength === byteLength ? [buffer] : [];
}
