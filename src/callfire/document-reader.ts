import type { CallAnswer } from '../calls/call-answer.js';
import type { Deadline } from './connection/deadline.js';
import { Turns } from './connection/turns.js';
import { DocumentThreads, MOST_THREADS, type ThreadOutcome } from './document-threads.js';
import type { CallDocument } from './document/read-document.js';
import { answerIn } from './document/thread-reply.js';

export interface DocumentReaderOptions {
  /** The longest answer that is accepted, compressed and not. */
  readonly maxBytes: number;
  /** Longer documents are read in a thread: they would hold up everything else for more than a few milliseconds. */
  readonly inlineBytes?: number | undefined;
  /** The compiled `document/document-worker.ts`; by default the file beside this one. */
  readonly documentWorker?: URL | undefined;
}

const INLINE_BYTES = 32 * 1024;

/** What a document may grow to as JSON. Real calls shrink, and dense ones triple; 13 bytes of an empty record become 200. */
const MOST_GROWTH = 4;
const LEAST_ANSWER_LIMIT_BYTES = 16 * 1024 * 1024;

/** Reads documents that are too long to be read between two hits. */
export class DocumentReader {
  /** What is at most as long had better be read at once. */
  readonly inlineBytes: number;
  readonly #maxAnswerBytes: number;
  readonly #threads: DocumentThreads;
  readonly #turns = new Turns(MOST_THREADS);

  /** Throws where there is nothing for the threads to run. */
  constructor({ maxBytes, inlineBytes = INLINE_BYTES, documentWorker }: DocumentReaderOptions) {
    this.inlineBytes = inlineBytes;
    this.#maxAnswerBytes = Math.max(MOST_GROWTH * maxBytes, LEAST_ANSWER_LIMIT_BYTES);
    this.#threads = new DocumentThreads(maxBytes, documentWorker);
  }

  /**
   * The call in the document, whose memory is no longer the caller's then. Throws `upstream-invalid-response` as
   * `readDocument` does, and for what takes too much memory; `overloaded` when too many documents wait already; and the
   * deadline's reason when that ends first, which ends the reading, too.
   */
  async read(document: CallDocument, deadline: Deadline): Promise<CallAnswer> {
    deadline.answered = true;
    await this.#turns.enter(deadline);
    try {
      const task = { ...document, maxAnswerBytes: this.#maxAnswerBytes };
      const outcome = await deadline.limit<ThreadOutcome>((settle) => this.#threads.run(task, settle));
      if ('failure' in outcome) throw outcome.failure;
      return answerIn(outcome);
    } finally {
      this.#turns.leave();
    }
  }

  /** Ends at once what is being read. */
  close(): Promise<void> {
    return this.#threads.close();
  }
}
