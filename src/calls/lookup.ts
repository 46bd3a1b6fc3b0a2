import { GatewayError, type ErrorCode } from '../errors.js';
import type { CallCache } from './call-cache.js';
import { createEntry, isOlder, type CallEntry } from './call-entry.js';
import type { CallSource } from './call-source.js';
import type { Call } from './call.js';
import { freshForMs, type FreshnessPolicy } from './freshness.js';
import type { Failed, Forwarded, Found, LookupResult, LookupWish } from './lookup-result.js';
import { Patience } from './patience.js';
import { Recent } from './recent.js';
import { Seen } from './seen.js';
import { SingleFlight } from './single-flight.js';

interface CallLookupOptions {
  readonly source: CallSource;
  readonly cache: CallCache;
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
type Fetched = (Found | Failed) & { readonly stored: boolean; readonly upstreamMs: number };
interface Missing {
  readonly error: GatewayError;
  readonly until: number;
}

/** Failures after which a kept entry is a better answer than none. A wrong request or credential is not among them. */
const OUTAGES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream-unreachable',
  'upstream-error',
  'upstream-invalid-response',
  'upstream-timeout',
  'upstream-rate-limited',
  'upstream-unavailable',
  'overloaded',
]);

const MAX_MISSING = 10_000;

/** Finds calls: in the cache while they are fresh there, otherwise at CallFire, with one fetch per call and moment. */
export class CallLookup {
  readonly #lookups = new SingleFlight<LookupResult>();
  readonly #fetches = new SingleFlight<Fetched>();
  readonly #seen = new Seen();
  readonly #missing: Recent<Missing>;

  constructor(private readonly options: CallLookupOptions) {
    const lifeMs = options.policy.negativeSeconds * 1000;
    this.#missing = new Recent({ lifeMs, maxWeight: MAX_MISSING, weigh: () => 1 });
  }

  /** A fresh entry that this process holds, at once. */
  peek(id: string): CallEntry | undefined {
    const key = this.options.keyOf(id);
    const entry = this.options.cache.peek(key);
    if (entry === undefined) return undefined;
    const now = this.options.now();
    return entry.freshUntil > now && this.#seen.newestOf(key, entry, now) === entry ? entry : undefined;
  }

  /** Resolves for every failure that has a code, because a failure has a cache outcome too. */
  async lookup(id: string, wish: LookupWish): Promise<LookupResult> {
    const key = this.options.keyOf(id);
    if (wish.onlyIfCached)
      return (wish.noCache ? undefined : this.#fresh(key, await this.#read(key))) ?? notCached(id);
    const patience = new Patience(this.options.cacheTimeoutMs);
    if (wish.noCache) return this.#forward({ id, key, patience, reason: 'request' });
    const { outcome, joined } = this.#lookups.share(key, () => this.#findOrForward(id, key, patience));
    return joined ? collapse(await outcome) : outcome;
  }

  async #findOrForward(id: string, key: string, patience: Patience): Promise<LookupResult> {
    const kept = await patience.wait(this.#read(key));
    const reason = kept === undefined ? 'uri-miss' : 'stale';
    return this.#fresh(key, kept) ?? this.#forward({ id, key, patience, reason, kept });
  }

  /** The answer that needs no fetch: a fresh entry, or a 404 that is still remembered. */
  #fresh(key: string, kept: CallEntry | undefined): LookupResult | undefined {
    const now = this.options.now();
    if (kept !== undefined && kept.freshUntil > now) {
      this.#seen.remember(key, kept, now);
      return { entry: kept, cache: { kind: 'hit', freshUntil: kept.freshUntil } };
    }
    const missing = this.#missing.get(key, now);
    return missing && { error: missing.error, cache: { kind: 'hit', freshUntil: missing.until } };
  }

  /** `kept` stands in when CallFire fails; a caller that insisted on a new answer has none. */
  async #forward({ id, key, patience, reason, kept }: Forwarding): Promise<LookupResult> {
    const { outcome, joined } = this.#fetches.share(key, () => this.#fetch(id, key, patience));
    const { stored, upstreamMs, ...answer } = await outcome;
    const failure = 'error' in answer ? answer.error : undefined;
    const cache: Forwarded = {
      kind: 'forwarded',
      reason,
      status: failure === undefined ? 200 : failure.upstream?.status,
      stored,
      ...(failure && { failure: failure.code }),
    };
    const insteadOf = failure !== undefined && kept !== undefined && OUTAGES.has(failure.code);
    const result = { ...(insteadOf ? { entry: kept } : answer), cache, upstreamMs };
    return joined ? collapse(result) : result;
  }

  async #fetch(id: string, key: string, patience: Patience): Promise<Fetched> {
    const { source, policy, now } = this.options;
    const startedAt = now();
    try {
      const call = await source.fetchCall(id);
      const upstreamMs = now() - startedAt;
      return { ...(await this.#keep(key, call, patience)), upstreamMs };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const stored = error.code === 'call-not-found' && policy.negativeSeconds > 0;
      if (stored) this.#missing.set(key, { error, until: now() + policy.negativeSeconds * 1000 }, now());
      return { error, stored, upstreamMs: now() - startedAt };
    }
  }

  /** Keeps what was fetched where the policy says so, and answers with the newest that is known of the call. */
  async #keep(key: string, call: Call, patience: Patience): Promise<Found & { readonly stored: boolean }> {
    const now = this.options.now();
    this.#missing.delete(key);
    const fetched = this.#entryOf(call, now);
    const newest = this.#seen.newestOf(key, fetched, now);
    const stored =
      newest.freshUntil > now && (await patience.wait(this.options.cache.put(key, newest))) === 'stored';
    const kept = stored ? undefined : await patience.wait(this.#read(key));
    const entry = kept !== undefined && isOlder(newest.version, kept.version) ? kept : newest;
    // What comes from `#seen` lives no longer for it: an upstream that stays behind is believed in the end.
    if (entry === fetched || entry === kept) this.#seen.remember(key, entry, now);
    return { entry, stored: stored && entry === fetched };
  }

  #entryOf(call: Call, now: number): CallEntry {
    const { policy } = this.options;
    const freshMs = freshForMs(call, policy, now);
    const staleMs = freshMs > 0 ? policy.staleSeconds * 1000 : 0;
    return createEntry(call, {
      fetchedAt: now,
      freshUntil: now + freshMs,
      usableUntil: now + freshMs + staleMs,
    });
  }

  /** What the cache holds, unless readers already had something newer. */
  async #read(key: string): Promise<CallEntry | undefined> {
    const kept = await this.options.cache.get(key);
    return kept && this.#seen.newestOf(key, kept, this.options.now()) === kept ? kept : undefined;
  }
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
