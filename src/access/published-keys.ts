import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { createLocalJWKSet } from 'jose';
import type { EventLog } from '../calls/event-log.js';
import { createLineLimit } from '../calls/line-limit.js';
import { fetchFailure, fetchJwks } from './jwks-fetch.js';

export type KeySet = ReturnType<typeof createLocalJWKSet>;

/** So old, keys are fetched again before a token is judged by them: one that was withdrawn is not believed for long. */
const REFRESH_AFTER_MS = 300_000;

/** So long a token waits for that; then it is judged by the keys that are there. */
const PATIENCE_MS = 2_000;

/** How long after a failure nothing is fetched, and how long nobody waits for what is. */
export const RETRY_AFTER_MS = 5_000;
const NO_WAIT_MS = 60_000;

export interface PublishedKeysOptions {
  readonly log: EventLog;
  /** Milliseconds from any start. */
  readonly elapsed?: (() => number) | undefined;
  readonly patienceMs?: number | undefined;
}

/** Fetches keys from where they are published, one fetch at a time. The last good ones stay while that fails. */
export class PublishedKeys {
  #keys: KeySet | undefined;
  #fetches = 0;
  #loading: Promise<void> | undefined;
  /** Settles with the last fetch, or when that takes too long: then it is slow. */
  #waiting: Promise<void> | undefined;
  #slow = false;
  #refreshAt = -Infinity;
  #failedAt: number | undefined;
  readonly #url: URL;
  readonly #log: EventLog;
  readonly #elapsed: () => number;
  readonly #patienceMs: number;
  readonly #mayLog: (kind: string) => boolean;

  constructor(url: URL, options: PublishedKeysOptions) {
    const { log, elapsed = () => performance.now(), patienceMs = PATIENCE_MS } = options;
    this.#url = url;
    this.#log = log;
    this.#elapsed = elapsed;
    this.#patienceMs = patienceMs;
    this.#mayLog = createLineLimit(elapsed);
  }

  /** The same object as long as the keys are the same; undefined until there are some. */
  get keys(): KeySet | undefined {
    return this.#keys;
  }

  /** How many fetches have begun. */
  get fetches(): number {
    return this.#fetches;
  }

  /** The fetch that is under way. Never rejects. */
  get loading(): Promise<void> | undefined {
    return this.#loading;
  }

  /** Whether the last fetch failed, and that just now. */
  get isPaused(): boolean {
    return this.#failedWithin(RETRY_AFTER_MS);
  }

  /** Fetches what is missing or old. Undefined where nobody has to wait for it: the issuer was out of reach, or is slow. */
  refresh(): Promise<void> | undefined {
    if (this.#elapsed() < this.#refreshAt) return undefined;
    this.load();
    if (this.#keys === undefined) return this.#loading;
    return this.#slow || this.#failedWithin(NO_WAIT_MS) ? undefined : this.#waiting;
  }

  /** Begins to fetch, unless that is under way or paused. */
  load(): void {
    if (this.#loading !== undefined || this.isPaused) return;
    this.#fetches += 1;
    this.#slow = false;
    const ended = new AbortController();
    this.#loading = this.#fetch().finally(() => {
      this.#loading = undefined;
      ended.abort();
    });
    this.#waiting = pause(this.#patienceMs, undefined, { signal: ended.signal, ref: false }).then(
      () => void (this.#slow = true),
      () => undefined,
    );
  }

  #failedWithin(ms: number): boolean {
    return this.#failedAt !== undefined && this.#elapsed() - this.#failedAt < ms;
  }

  async #fetch(): Promise<void> {
    try {
      const keys = createLocalJWKSet(await fetchJwks(this.#url));
      if (!isDeepStrictEqual(keys.jwks(), this.#keys?.jwks())) this.#keys = keys;
      this.#refreshAt = this.#elapsed() + REFRESH_AFTER_MS;
      if (this.#failedAt !== undefined) this.#log.info({}, 'The keys at AUTH_JWKS_URL can be fetched again.');
      this.#failedAt = undefined;
    } catch (error) {
      this.#failedAt = this.#elapsed();
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    if (!this.#mayLog('jwks')) return;
    const meanwhile =
      this.#keys === undefined ? 'no token can be checked' : 'the last ones that were good are used';
    this.#log.warn(
      { reason: fetchFailure(error) },
      `The keys at AUTH_JWKS_URL cannot be fetched; meanwhile ${meanwhile}.`,
    );
  }
}
