import { GatewayError } from '../errors.js';
import type { CallCache } from './call-cache.js';
import type { CallEntry } from './call-entry.js';
import type { CallLeases } from './call-leases.js';
import type { CallSource } from './call-source.js';
import { explainLookup, type Explanation, type LookupFacts } from './explain.js';
import type { FreshnessPolicy } from './freshness.js';
import { KeptCalls } from './kept-calls.js';
import type { Forwarded, LookupResult, LookupWish } from './lookup-result.js';
import { MissingCalls } from './missing-calls.js';
import { OUTAGES } from './outages.js';
import { Patience } from './patience.js';
import { SharedFetch } from './shared-fetch.js';
import { SingleFlight } from './single-flight.js';

interface CallLookupOptions {
  readonly source: CallSource;
  readonly cache: CallCache;
  /** Undefined where no other process shares the cache. */
  readonly leases?: CallLeases | undefined;
  /** The cache key of a call id. */
  readonly keyOf: (id: string) => string;
  readonly policy: FreshnessPolicy;
  /** How long one lookup waits for the cache in all, in milliseconds: the limit of one of its commands. */
  readonly cacheTimeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Forwarding {
  readonly id: string;
  readonly key: string;
  readonly patience: Patience;
  readonly reason: Forwarded['reason'];
  readonly kept?: CallEntry | undefined;
}

/** Finds calls: in the cache while they are fresh there, otherwise at CallFire, with one fetch per call and moment. */
export class CallLookup {
  readonly #lookups = new SingleFlight<LookupResult>();
  readonly #kept: KeptCalls;
  readonly #missing: MissingCalls;
  readonly #fetches: SharedFetch;

  constructor(private readonly options: CallLookupOptions) {
    this.#kept = new KeptCalls(options);
    this.#missing = new MissingCalls(options.policy.negativeSeconds);
    this.#fetches = new SharedFetch({ ...options, kept: this.#kept, missing: this.#missing });
  }

  /** A fresh entry that this process holds, at once. */
  peek(id: string): CallEntry | undefined {
    return this.#kept.peek(this.options.keyOf(id));
  }

  /** Resolves for every failure that has a code, because a failure has a cache outcome too. */
  async lookup(id: string, wish: LookupWish): Promise<LookupResult> {
    const key = this.options.keyOf(id);
    if (wish.onlyIfCached)
      return (wish.noCache ? undefined : this.#fresh(key, await this.#kept.read(key))) ?? notCached(id);
    const patience = new Patience(this.options.cacheTimeoutMs);
    if (wish.noCache) return this.#forward({ id, key, patience, reason: 'request' });
    const { outcome, joined } = this.#lookups.share(key, () => this.#findOrForward(id, key, patience));
    return joined ? collapse(await outcome) : outcome;
  }

  /** What a lookup would do now, without doing it. */
  explain(id: string, around: Pick<LookupFacts, 'kept' | 'upstream'>): Explanation {
    const key = this.options.keyOf(id);
    const now = this.options.now();
    return explainLookup({
      ...around,
      now,
      isCurrent: (entry) => this.#kept.isCurrent(key, entry),
      missing: this.#missing.get(key, now),
      fetching: this.#fetches.isUnderWay(key),
    });
  }

  /**
   * Forgets, beside the cache, what readers had of a call, or of all calls: whatever comes next is believed. A fetch
   * that is under way is not called back: what it finds is stored, and is as new as its own beginning.
   */
  forget(id?: string): void {
    if (id === undefined) this.#missing.forgetAll();
    else this.#missing.forget(this.options.keyOf(id));
    this.#kept.forgetSeen(id && this.options.keyOf(id));
  }

  async #findOrForward(id: string, key: string, patience: Patience): Promise<LookupResult> {
    const kept = await patience.wait(this.#kept.read(key));
    const reason = kept === undefined ? 'uri-miss' : 'stale';
    return this.#fresh(key, kept) ?? this.#forward({ id, key, patience, reason, kept });
  }

  /** The answer that needs no fetch: a fresh entry, or a 404 that is still remembered. */
  #fresh(key: string, kept: CallEntry | undefined): LookupResult | undefined {
    if (kept !== undefined && this.#kept.isFresh(kept)) return hit(kept);
    const missing = this.#missing.get(key, this.options.now());
    return missing && { error: missing.error, cache: { kind: 'hit', freshUntil: missing.until } };
  }

  /** `kept` stands in when CallFire fails; a caller that insisted on a new answer has none. */
  async #forward(forwarding: Forwarding): Promise<LookupResult> {
    const { id, key, patience, reason, kept } = forwarding;
    const storedWillDo = reason !== 'request';
    const { outcome, joined } = this.#fetches.share({ id, key, patience, storedWillDo });
    const { by, stored, upstreamMs, ...answer } = await outcome;
    // A caller that insists may have joined a lookup that did not.
    if (by === 'none' && 'entry' in answer)
      return storedWillDo ? hit(answer.entry) : this.#forward(forwarding);
    const failure = 'error' in answer ? answer.error : undefined;
    const cache: Forwarded = {
      kind: 'forwarded',
      reason,
      status: failure === undefined ? 200 : failure.upstream?.status,
      stored,
      ...(failure && { failure: failure.code }),
    };
    const standIn =
      storedWillDo && failure !== undefined && OUTAGES.has(failure.code)
        ? await this.#standIn(key, patience, kept)
        : undefined;
    const result = {
      ...(standIn === undefined ? answer : { entry: standIn }),
      cache,
      ...(upstreamMs !== undefined && { upstreamMs }),
    };
    return joined || by === 'another' ? collapse(result) : result;
  }

  /** What is kept by now, or was when the lookup began, or what readers had meanwhile if that is newer. */
  async #standIn(
    key: string,
    patience: Patience,
    kept: CallEntry | undefined,
  ): Promise<CallEntry | undefined> {
    const entry = (await patience.wait(this.#kept.read(key))) ?? kept;
    return entry && this.#kept.show(key, entry);
  }
}

function hit(entry: CallEntry): LookupResult {
  return { entry, cache: { kind: 'hit', freshUntil: entry.freshUntil } };
}

/** What a lookup that shared another's fetch may say of itself. */
function collapse(result: LookupResult): LookupResult {
  if (result.cache.kind !== 'forwarded') return result;
  const { kind, reason, failure } = result.cache;
  return { ...result, cache: { kind, reason, collapsed: true, ...(failure && { failure }) } };
}

function notCached(id: string): LookupResult {
  const detail = `Call ${id} is not in the cache; ask without "Cache-Control: only-if-cached" to have it fetched.`;
  return { error: new GatewayError('not-cached', detail), cache: { kind: 'not-forwarded' } };
}
