import type { FileContents } from '../config-reader.js';
import type { ErrorCode } from '../errors.js';
import type { Health } from '../http/health.js';
import type { CallTarget, PurgeTarget } from '../ops/operations.js';

/** What the primary process says to a worker. Messages keep their order, those with a connection included. */
export type ToWorker =
  /** Comes with a connection to serve. */
  | { readonly type: 'connection' }
  /** How all workers together are. */
  | { readonly type: 'health'; readonly health: Health }
  /** What operators want to know or have done; `answer` comes with the same number. */
  | { readonly type: 'ask'; readonly number: number; readonly question: Question }
  /** Read consumers, accounts and secrets again. */
  | { readonly type: 'reload' }
  /** What the files held when they were usable last. */
  | { readonly type: 'lent'; readonly contents: FileContents }
  /** The whole gateway stops: say so on `/readyz`, and stop when the connections have come to an end. */
  | { readonly type: 'stop' }
  /** No further connection will come. */
  | { readonly type: 'shut' };

/** What a worker says to the primary process. */
export type ToPrimary =
  /** How this worker is: before it is ready, and whenever that has changed. */
  | { readonly type: 'health'; readonly health: Health }
  /** Connections may come. */
  | { readonly type: 'ready' }
  /** The connection that was handed over last is here. */
  | { readonly type: 'taken' }
  /** What the files hold that this worker has read: usable. */
  | { readonly type: 'files'; readonly contents: FileContents }
  /** They are broken, and this worker has just begun: `lent` shall come. */
  | { readonly type: 'borrow' }
  | { readonly type: 'answer'; readonly number: number; readonly answer: Answer };

/** Each is a method of `ProcessOperations`. */
export type Question =
  | { readonly about: 'health' | 'samples' | 'config' }
  | { readonly about: 'inspect' | 'explain'; readonly target: CallTarget }
  | { readonly about: 'purge'; readonly target: PurgeTarget };

/** What the method resolved with, or the `GatewayError` that it rejected with. */
export type Answer = { readonly value: unknown } | { readonly code: ErrorCode; readonly detail: string };
