import type { Outcome } from './connection/upstream-request.js';

/** Watches the parts of a fetch, for a trace. */
export interface FetchTrace {
  /** Sends one request, with these headers besides its own; a fetch may take several. */
  attempt(send: (headers: Readonly<Record<string, string>>) => Promise<Outcome>): Promise<Outcome>;
  /** Reads an answer. */
  parse<T>(read: () => Promise<T>): Promise<T>;
}
