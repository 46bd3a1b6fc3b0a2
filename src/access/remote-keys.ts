import { createLocalJWKSet, errors, type JWTHeaderParameters, type FlattenedJWSInput } from 'jose';
import type { EventLog } from '../calls/event-log.js';
import { createLineLimit } from '../calls/line-limit.js';
import { fetchJwks } from './jwks-fetch.js';
import { tokensUncheckable } from './refusals.js';

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** From then on the keys are fetched again, beside the answers: a key that was withdrawn is not believed for long. */
const REFRESH_AFTER_MS = 300_000;

/** Tokens with made-up key ids must not make the gateway fetch all the time. */
const COOLDOWN_MS = 30_000;
const RETRY_AFTER_MS = 5_000;

interface RemoteKeysOptions {
  readonly log: EventLog;
  /** Milliseconds from any start. */
  readonly elapsed?: (() => number) | undefined;
}

/**
 * The public keys that an issuer publishes at an address. While it cannot be reached or answers nonsense, the last good ones
 * are used. (jose's own remote set forgets them when they are old, and lets failures repeat without a pause.)
 */
export class RemoteKeys {
  #keys: KeySet | undefined;
  #refreshAt = -Infinity;
  /** No other fetch before. */
  #pausedUntil = -Infinity;
  #loading: Promise<void> | undefined;
  #failing = false;
  readonly #url: URL;
  readonly #log: EventLog;
  readonly #elapsed: () => number;
  readonly #mayLog: (kind: string) => boolean;

  constructor(url: URL, { log, elapsed = () => performance.now() }: RemoteKeysOptions) {
    this.#url = url;
    this.#log = log;
    this.#elapsed = elapsed;
    this.#mayLog = createLineLimit(elapsed);
  }

  /** Rejects with jose's error where no key fits, with `authentication-unavailable` where there never were any. */
  async keyOf(header: JWTHeaderParameters, token: FlattenedJWSInput): ReturnType<KeySet> {
    if (this.#keys === undefined) await this.#load();
    // Nobody waits for it: the keys that are there do meanwhile.
    else if (this.#elapsed() >= this.#refreshAt) void this.#load();
    const keys = this.#keys;
    if (keys === undefined) throw tokensUncheckable(RETRY_AFTER_MS / 1000);
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The issuer may have begun to sign with a new key.
      await this.#load();
      const newer: KeySet | undefined = this.#keys;
      if (newer === keys || newer === undefined) throw error;
      return newer(header, token);
    }
  }

  /** Fetches the keys, unless that has just been done. Never rejects; all who wait share it. */
  #load(): Promise<void> {
    if (this.#loading === undefined && this.#elapsed() >= this.#pausedUntil)
      this.#loading = this.#fetch().finally(() => (this.#loading = undefined));
    return this.#loading ?? Promise.resolve();
  }

  async #fetch(): Promise<void> {
    try {
      this.#keys = createLocalJWKSet(await fetchJwks(this.#url));
      this.#pausedUntil = this.#elapsed() + COOLDOWN_MS;
      this.#refreshAt = this.#elapsed() + REFRESH_AFTER_MS;
      if (this.#failing) this.#log.info({}, 'The keys at AUTH_JWKS_URL can be fetched again.');
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      this.#pausedUntil = this.#elapsed() + RETRY_AFTER_MS;
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    if (!this.#mayLog('jwks')) return;
    const meanwhile =
      this.#keys === undefined ? 'no token can be checked' : 'the last ones that were good are used';
    this.#log.warn(
      { reason: reasonOf(error) },
      `The keys at AUTH_JWKS_URL cannot be fetched; meanwhile ${meanwhile}.`,
    );
  }
}

/** Without what was answered. What fetch says is that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SyntaxError) return 'not JSON';
  return error.cause instanceof Error ? error.cause.message : error.message;
}
