import type { Dispatcher } from 'undici';
import type { CallSource } from '../calls/call-source.js';
import type { CallAnswer } from '../calls/call-answer.js';
import { GatewayError } from '../errors.js';
import type { AccountCredentials } from './account-credentials.js';
import type { BreakerState } from './connection/breaker.js';
import type { Deadline } from './connection/deadline.js';
import { FetchGuard, type FetchGuardOptions } from './connection/fetch-guard.js';
import { DocumentReader, type DocumentReaderOptions } from './document-reader.js';
import type { FetchTrace } from './fetch-trace.js';
import type { FailureReport } from './failure-report.js';
import { readAnswer } from './read-answer.js';
import { createRequestHeaders } from './request-headers.js';
import { withRetries } from './connection/retry.js';
import { errorFor } from './upstream-error.js';
import { observed, type UpstreamObserver } from './upstream-observer.js';
import { UpstreamPool } from './connection/upstream-pool.js';
import { sendRequest } from './connection/upstream-request.js';
import { withOtherCredentials } from './with-other-credentials.js';

export interface CallFireClientOptions extends Omit<FetchGuardOptions, 'now'>, DocumentReaderOptions {
  /** Its path is kept as a prefix. */
  readonly baseUrl: URL;
  readonly credentials: AccountCredentials;
  /** Told of each fetch that fails. */
  readonly report: FailureReport;
  /** Milliseconds of any origin; by default a clock that is never set back. */
  readonly now?: () => number;
  /** From 0 to 1, for the pauses between attempts. */
  readonly random?: () => number;
  /** Undefined where nobody watches. */
  readonly trace?: FetchTrace | undefined;
  readonly observer?: UpstreamObserver | undefined;
  /** Instead of a pool of connections of its own; destroyed with the client. */
  readonly dispatcher?: Dispatcher;
}

/** undici's own timers are half a second coarse and must not fire before the deadline. */
const CONNECT_SLACK_MS = 1000;

/** Gets calls from CallFire's REST API 1.1 over a pool of connections. */
export class CallFireClient implements CallSource {
  readonly #options: CallFireClientOptions;
  readonly #now: () => number;
  readonly #guard: FetchGuard;
  readonly #reader: DocumentReader;
  readonly #connections: Connections;
  readonly #pathPrefix: string;
  readonly #headersWith = createRequestHeaders();

  constructor(options: CallFireClientOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#guard = new FetchGuard({ ...options, now: this.#now });
    this.#connections = connectionsOf(options);
    this.#reader = new DocumentReader(options);
    this.#pathPrefix = `${options.baseUrl.pathname.replace(/\/+$/, '')}/call/`;
  }

  get breakerState(): BreakerState {
    return this.#guard.breakerState;
  }

  get queue(): FetchGuard['queue'] {
    return this.#guard.queue;
  }

  async fetchCall(id: string): Promise<CallAnswer> {
    try {
      return await this.#guard.run((deadline) => this.#fetch(id, deadline));
    } catch (error) {
      if (error instanceof GatewayError) this.#options.report(error);
      throw error;
    }
  }

  /** That many fetches at once, over as many connections, from now on; fetches under way go on. */
  resize(maxConcurrency: number): void {
    if (maxConcurrency === this.queue.places) return;
    this.#connections.resize(maxConcurrency);
    this.#guard.resize(maxConcurrency);
  }

  /** Ends at once, with `upstream-unavailable`, what is under way or waiting, and every connection. */
  async close(): Promise<void> {
    this.#guard.stop();
    await Promise.all([this.#connections.destroy(), this.#reader.close()]);
  }

  async #fetch(id: string, deadline: Deadline): Promise<CallAnswer> {
    const { maxBytes, credentials, random = Math.random, trace, observer } = this.#options;
    const path = this.#pathPrefix + id;
    const sendWith = (headers: Readonly<Record<string, string>>) =>
      sendRequest(this.#connections.dispatcher, { method: 'GET', path, headers }, maxBytes, deadline);
    const send = (authorization: string) => {
      const own = this.#headersWith(authorization);
      return trace === undefined ? sendWith(own) : trace.attempt((more) => sendWith({ ...own, ...more }));
    };
    // Four requests at most: three attempts, and one more with the other credentials.
    const attempt = withOtherCredentials(credentials, observed(send, observer));
    const outcome = await withRetries(attempt, deadline, random);
    if (outcome.kind === 'answer' && outcome.status === 200) {
      const read = () => readAnswer(outcome, id, { maxBytes, credentials, reader: this.#reader, deadline });
      return trace === undefined ? read() : trace.parse(read);
    }
    throw await errorFor(outcome, credentials);
  }
}

type Connections = Pick<UpstreamPool, 'dispatcher' | 'resize' | 'destroy'>;

function connectionsOf({
  baseUrl,
  maxConcurrency,
  timeoutMs,
  dispatcher,
}: CallFireClientOptions): Connections {
  if (dispatcher !== undefined)
    return { dispatcher, resize: () => undefined, destroy: () => dispatcher.destroy() };
  const connectWithinMs = timeoutMs + CONNECT_SLACK_MS;
  return new UpstreamPool({ origin: baseUrl.origin, connections: maxConcurrency, connectWithinMs });
}
