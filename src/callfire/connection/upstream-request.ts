import { errors, type Dispatcher } from 'undici';
import type { Deadline } from './deadline.js';

/** What an error's document may be long; the rest of it is not waited for. */
export const ERROR_BODY_BYTES = 65_536;

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** `body` is whole for a 200; of another status it is what arrived, at least its first 64 KiB. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Why there is no answer: the connection could not be made or broke before one began (`no-answer`), broke in the
 * middle of a 200 (`cut`), it is too long, or it is not HTTP.
 */
export interface Failure {
  readonly kind: 'no-answer' | 'cut' | 'too-long' | 'not-http';
  readonly cause?: Error;
}

export type Outcome = Answer | Failure;

/** Sends one request and collects what comes of it. Rejects only when the deadline ends. */
export function sendRequest(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  maxBytes: number,
  deadline: Deadline,
): Promise<Outcome> {
  return deadline.limit<Outcome>((settle) => {
    const collector = new AnswerCollector(maxBytes, settle);
    dispatcher.dispatch(request, collector);
    return () => {
      collector.abandon();
    };
  });
}

export function headerText(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

class AnswerCollector implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: Headers = {};
  #bytes = 0;
  readonly #chunks: Buffer[] = [];

  constructor(
    private readonly maxBytes: number,
    private readonly settle: (outcome: Outcome) => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Throwing drops the request and keeps the connection that has just come about; abort() would close it.
    if (this.#settled) throw new Error('The deadline ended before the request was sent.');
    this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (status === 200 && Number(headers['content-length']) > this.maxBytes) this.#stop({ kind: 'too-long' });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#status === 200) {
      if (this.#bytes > this.maxBytes) this.#stop({ kind: 'too-long' });
    } else if (this.#bytes >= ERROR_BODY_BYTES) {
      this.#stop(this.#answer());
    }
  }

  onResponseEnd(): void {
    this.#finish(this.#answer());
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    if (this.#status === 200) this.#finish({ kind: 'cut', cause });
    else if (this.#status !== 0) this.#finish(this.#answer());
    else this.#finish({ kind: isNotHttp(cause) ? 'not-http' : 'no-answer', cause });
  }

  abandon(): void {
    this.#settled = true;
    this.#controller?.abort(new errors.RequestAbortedError());
  }

  #stop(outcome: Outcome): void {
    this.#finish(outcome);
    this.abandon();
  }

  #finish(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.settle(outcome);
  }

  #answer(): Answer {
    const [first] = this.#chunks;
    const body =
      this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#bytes);
    return { kind: 'answer', status: this.#status, headers: this.#headers, body };
  }
}

function isNotHttp(error: Error): boolean {
  return error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError;
}
