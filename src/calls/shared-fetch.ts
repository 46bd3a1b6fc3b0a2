import { GatewayError, type ErrorCode } from '../errors.js';
import type { CallEntry } from './call-entry.js';
import type { AwaitedLease, CallLeases, FetchOutcome, HeldLease } from './call-leases.js';
import type { CallSource } from './call-source.js';
import type { KeptCalls } from './kept-calls.js';
import type { MissingCalls } from './missing-calls.js';
import type { Patience } from './patience.js';
import { SingleFlight } from './single-flight.js';

interface SharedFetchOptions {
  readonly source: CallSource;
  /** Undefined where no other process shares the cache. */
  readonly leases?: CallLeases | undefined;
  readonly kept: KeptCalls;
  readonly missing: MissingCalls;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Wanted {
  readonly id: string;
  readonly key: string;
  readonly patience: Patience;
  /** Whether an entry that another process has just stored will do as well. */
  readonly storedWillDo: boolean;
}

/**
 * What a fetch came to, and whose it was: `ours`, of `another` process, or `none` because another process had stored
 * the call meanwhile.
 */
export type Fetched = FetchOutcome & {
  readonly by: 'ours' | 'another' | 'none';
  readonly stored: boolean;
  /** Of our own fetch. */
  readonly upstreamMs?: number;
};

/** Failures that say something of this process rather than of the call: others had better ask for themselves. */
const OWN_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['overloaded', 'upstream-unavailable']);

/** Asks CallFire for a call once, however many lookups in however many processes want it at that moment. */
export class SharedFetch {
  readonly #flights = new SingleFlight<Fetched>();

  constructor(private readonly options: SharedFetchOptions) {}

  /** Joins the fetch under way, or starts one. Rejects only for a bug. */
  share(wanted: Wanted): { readonly outcome: Promise<Fetched>; readonly joined: boolean } {
    return this.#flights.share(wanted.key, () => this.#fetch(wanted));
  }

  isUnderWay(key: string): boolean {
    return this.#flights.has(key);
  }

  async #fetch(wanted: Wanted): Promise<Fetched> {
    for (;;) {
      const lease = await this.#claim(wanted);
      if (lease === undefined) return this.#ask(wanted);
      if (lease.held) return this.#askAndTell(wanted, lease);
      const told = await lease.outcome;
      if (told === 'untold') return this.#findOrAsk(wanted);
      if (told !== undefined) return this.#take(wanted.key, told);
    }
  }

  async #claim({ key, patience }: Wanted) {
    const claim = this.options.leases?.claim(key);
    if (claim === undefined) return undefined;
    const lease = await patience.wait(claim);
    // A lease that comes after we stopped waiting for it must not keep others waiting.
    if (lease === undefined) void claim.then(giveBack);
    return lease;
  }

  async #askAndTell(wanted: Wanted, lease: HeldLease): Promise<Fetched> {
    let outcome: FetchOutcome | undefined;
    try {
      // Of what is stored nobody is told: who waits finds it with the lease, too, unless it insists on a new answer.
      const stored = this.#stored(wanted, lease.kept);
      if (stored !== undefined) return stored;
      const fetched = await this.#ask(wanted);
      const ownFailure = 'error' in fetched && OWN_FAILURES.has(fetched.error.code);
      outcome = ownFailure ? undefined : fetched;
      return fetched;
    } finally {
      lease.end(outcome);
    }
  }

  /** The entry that another process has stored since we looked into the cache. */
  #stored({ key, storedWillDo }: Wanted, kept: CallEntry | undefined): Fetched | undefined {
    if (!storedWillDo || kept === undefined || !this.options.kept.isFresh(kept)) return undefined;
    const entry = this.options.kept.show(key, kept);
    return entry === kept ? { entry, by: 'none', stored: false } : undefined;
  }

  /** What was not told may have been stored. */
  async #findOrAsk(wanted: Wanted): Promise<Fetched> {
    const kept = await wanted.patience.wait(this.options.kept.read(wanted.key));
    return this.#stored(wanted, kept) ?? this.#ask(wanted);
  }

  async #ask({ id, key, patience }: Wanted): Promise<Fetched> {
    const { source, kept, missing, now } = this.options;
    const startedAt = now();
    try {
      const answer = await source.fetchCall(id);
      const upstreamMs = now() - startedAt;
      missing.forget(key);
      return { ...(await kept.keep(key, answer, patience)), by: 'ours', upstreamMs };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const stored = error.code === 'call-not-found' && missing.remember(key, error, now());
      return { error, by: 'ours', stored, upstreamMs: now() - startedAt };
    }
  }

  #take(key: string, told: FetchOutcome): Fetched {
    if ('error' in told) return { error: told.error, by: 'another', stored: false };
    this.options.missing.forget(key);
    return { entry: this.options.kept.show(key, told.entry), by: 'another', stored: false };
  }
}

function giveBack(lease: HeldLease | AwaitedLease | undefined): void {
  if (lease?.held === true) lease.end();
}
