import { hash, timingSafeEqual } from 'node:crypto';
import type { ConsumerConfig, ConsumerKey } from '../config/consumers-file.js';
import { API_KEY_LENGTH } from './api-key.js';
import type { Caller, RateLimit } from './caller.js';

interface Defaults {
  /** The account of consumers that name none. */
  readonly defaultAccount: string;
  /** The limit of consumers that have none of their own. */
  readonly defaultLimit: RateLimit | undefined;
}

interface KnownKey {
  readonly digest: Buffer;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly caller: Caller;
}

const DIGEST_BYTES = 32;

/** Who has which key. */
export class Consumers {
  /** By digest, a character a byte: the shortest text, and the cheapest to look up. */
  readonly #keys: ReadonlyMap<string, KnownKey>;
  readonly #presented = Buffer.alloc(DIGEST_BYTES);

  constructor(consumers: readonly ConsumerConfig[], defaults: Defaults) {
    this.#keys = new Map(
      consumers.flatMap((consumer) => {
        const caller = callerOf(consumer, defaults);
        return consumer.keys.map((key) => entryOf(key, caller));
      }),
    );
  }

  /** Whose key it is, unless it has expired. `now` gives milliseconds since the epoch, where it is asked. */
  find(key: string, now: () => number): Caller | undefined {
    if (key.length !== API_KEY_LENGTH) return undefined;
    const digest = hash('sha256', key, 'binary');
    const known = this.#keys.get(digest);
    if (known === undefined) return undefined;
    // How long a map searches depends on digests, which nobody can aim; what decides takes the same time for each.
    this.#presented.write(digest, 0, 'latin1');
    return timingSafeEqual(this.#presented, known.digest) &&
      (known.expires === Infinity || now() < known.expires)
      ? known.caller
      : undefined;
  }
}

function callerOf({ name, account, scopes, limit, origins }: ConsumerConfig, defaults: Defaults): Caller {
  return {
    kind: 'key',
    name,
    account: account ?? defaults.defaultAccount,
    scopes: new Set(scopes),
    limit: limit ?? defaults.defaultLimit,
    origins: origins && new Set(origins),
  };
}

function entryOf({ sha256, expires = Infinity }: ConsumerKey, caller: Caller): [string, KnownKey] {
  const digest = Buffer.from(sha256, 'hex');
  return [digest.toString('latin1'), { digest, expires, caller }];
}
