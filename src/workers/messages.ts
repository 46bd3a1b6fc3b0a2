import type { Health } from '../http/health.js';

/** What the primary process says to a worker. Messages keep their order, those with a connection included. */
export type ToWorker =
  /** Comes with a connection to serve. */
  | { readonly type: 'connection' }
  /** How all workers together are. */
  | { readonly type: 'health'; readonly health: Health }
  /** Read consumers, accounts and secrets again. */
  | { readonly type: 'reload' }
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
  | { readonly type: 'taken' };
