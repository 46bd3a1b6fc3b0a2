import { createApiKey, hashApiKey } from '../../src/access/api-key.js';

/** What a consumer of a test may say of itself; by default it may look calls up. */
interface ConsumerFields {
  readonly name: string;
  readonly account?: string;
  readonly scopes?: readonly string[];
  readonly limit?: { readonly requests: number; readonly seconds: number };
  readonly origins?: readonly string[];
  /** When its key expires. */
  readonly expires?: string;
  /** Instead of one that is made up. */
  readonly keys?: readonly string[];
}

export interface TestConsumers {
  /** What `CONSUMERS_FILE` holds. */
  readonly file: string;
  /** The first key of a consumer. */
  readonly keyOf: (name: string) => string;
}

export function testConsumers(fields: readonly ConsumerFields[]): TestConsumers {
  const keys = new Map(fields.map(({ name, keys: own }) => [name, own ?? [createApiKey()]]));
  const consumers = fields.map(({ expires, keys: _keys, ...consumer }) => ({
    ...consumer,
    keys: (keys.get(consumer.name) ?? []).map((key) => ({ sha256: hashApiKey(key), expires })),
  }));
  return {
    file: JSON.stringify({ consumers }),
    keyOf: (name) => keys.get(name)?.[0] ?? '',
  };
}
