import type { Health } from '../http/health.js';

/** How are you? To be answered with the same `id`. */
interface Question {
  readonly type: 'question';
  readonly id: number;
}

export interface Answer {
  readonly type: 'answer';
  readonly id: number;
  readonly health: Health;
}

/** What the primary process says to a worker. Messages keep their order, those with a connection included. */
export type ToWorker =
  /** Comes with a connection to serve. */
  | { readonly type: 'connection' }
  /** The whole gateway stops: say so on `/readyz`, and stop when the connections have come to an end. */
  | { readonly type: 'stop' }
  /** No further connection will come. */
  | { readonly type: 'shut' }
  | Question
  | Answer;

/** What a worker says to the primary process. */
export type ToPrimary =
  /** Connections may come. */
  | { readonly type: 'ready'; readonly health: Health }
  /** The connection that was handed over last is here. */
  | { readonly type: 'taken' }
  | Question
  | Answer;
