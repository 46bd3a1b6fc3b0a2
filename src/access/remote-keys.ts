import { errors, type CryptoKey, type FlattenedJWSInput, type JWTHeaderParameters } from 'jose';
import { KeySearches } from './key-searches.js';
import { PublishedKeys, RETRY_AFTER_MS, type KeySet, type PublishedKeysOptions } from './published-keys.js';
import { tokensUncheckable } from './refusals.js';

/**
 * The public keys that an issuer publishes at an address. While it cannot be reached or answers nonsense, the last good ones
 * are used. (jose's own remote set forgets them when they are old, and lets failures repeat without a pause.)
 */
export class RemoteKeys {
  readonly #published: PublishedKeys;
  readonly #searches: KeySearches;
  /** In which of the sets each was found. */
  readonly #foundIn = new WeakMap<CryptoKey, KeySet>();

  constructor(url: URL, options: PublishedKeysOptions) {
    this.#published = new PublishedKeys(url, options);
    this.#searches = new KeySearches(options.elapsed ?? (() => performance.now()));
  }

  /** Whether what this key has proved still stands; not so while the issuer has to be asked first. */
  stands(key: CryptoKey): boolean {
    return this.#published.refresh() === undefined && this.#foundIn.get(key) === this.#published.keys;
  }

  /** Rejects with jose's error where no key fits, with `authentication-unavailable` where there never were any. */
  async keyOf(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const { fetches } = this.#published;
    await this.#published.refresh();
    const { keys } = this.#published;
    if (keys === undefined) throw tokensUncheckable(RETRY_AFTER_MS / 1000);
    try {
      return await this.#find(keys, header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The issuer may have begun to sign with a new key.
      await this.#search(`${header.alg} ${header.kid ?? ''}`, fetches);
      const newer = this.#published.keys ?? keys;
      if (newer === keys) throw error;
      return this.#find(newer, header, token);
    }
  }

  async #find(keys: KeySet, header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const key = await keys(header, token);
    this.#foundIn.set(key, keys);
    return key;
  }

  /** Fetches once more, unless that was begun since there had been so many fetches. */
  async #search(key: string, fetches: number): Promise<void> {
    const published = this.#published;
    // What is under way may have left before the key was published.
    await published.loading;
    if (published.fetches === fetches && !published.isPaused && this.#searches.begin(key)) published.load();
    await published.loading;
    if (published.isPaused) this.#searches.forget(key);
  }
}
