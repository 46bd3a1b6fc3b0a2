import type { QueueState, UpstreamState } from '../calls/explain.js';
import type { Health } from '../http/health.js';
import type { Samples } from './samples.js';

/**
 * What operators may ask of a gateway, be it one process or several. Answers are plain data, as they pass between
 * processes. All but `health` and `config` may reject with a `GatewayError`: `account-not-found`, `nothing-kept` and
 * `operation-incomplete` among them.
 */
export interface Operations {
  health(): Promise<DetailedHealth>;
  /** In Prometheus's text format. */
  metrics(): Promise<string>;
  /** What is in force, without a secret. */
  config(): Promise<object>;
  /** What is kept of a call, without its content: that holds phone numbers. */
  inspect(call: CallTarget): Promise<Inspection>;
  /** What a lookup of the call would do now and why. */
  explain(call: CallTarget): Promise<Explained>;
  /** Removes what is kept of a call, or without an id of all calls of the account. */
  purge(target: PurgeTarget): Promise<PurgeReport>;
}

/** What each process can be asked for beside that. */
export interface ProcessOperations extends Operations {
  samples(): Promise<Samples>;
}

export interface CallTarget {
  /** Undefined: the only one there is. */
  readonly account: string | undefined;
  readonly id: string;
}

export interface PurgeTarget {
  readonly account: string | undefined;
  readonly id: string | undefined;
}

export interface DetailedHealth extends Health {
  readonly accounts: readonly AccountHealth[];
  /** The last time that consumers, accounts and secrets were read again. */
  readonly reload:
    | {
        readonly outcome: string;
        readonly cause: string;
        readonly at: string;
        readonly problems?: readonly string[];
      }
    | undefined;
}

export interface AccountHealth {
  readonly name: string;
  readonly breaker: UpstreamState['breaker'];
  readonly queue: QueueState;
}

export interface Inspection extends KeptEntry {
  readonly account: string;
  readonly id: string;
}

/** Where an entry is, and how long it may be used. Times are ISO 8601. */
export interface KeptEntry {
  /** Whether it is in the memory of the process that was asked. */
  readonly inMemory: boolean;
  readonly inRedis: boolean | 'unknown' | 'not-configured';
  readonly state: string | null;
  readonly modified: string | null;
  readonly etag: string;
  readonly bytes: number;
  readonly fetchedAt: string | null;
  readonly freshUntil: string | null;
  readonly usableUntil: string | null;
}

export interface Explained {
  readonly account: string;
  readonly id: string;
  /** `Verdict` in calls/explain.ts. */
  readonly verdict: string;
  readonly until: string | null;
  readonly steps: readonly string[];
  readonly kept: KeptEntry | null;
  readonly redis: 'up' | 'down' | 'not-configured';
  readonly missingUntil: string | null;
  readonly fetching: boolean;
  readonly upstream: UpstreamState;
}

export interface PurgeReport {
  readonly account: string;
  /** How many entries are gone, in Redis where there is one. */
  readonly removed: number;
}
