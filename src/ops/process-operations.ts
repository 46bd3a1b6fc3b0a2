import type { CacheKeeper } from '../calls/cache-keeper.js';
import type { Explanation, LookupFacts, UpstreamState } from '../calls/explain.js';
import type { Config } from '../config.js';
import { GatewayError } from '../errors.js';
import { describeEntry, isoTime } from './kept-entry.js';
import { maskConfig } from './masked-config.js';
import type { Metrics } from './metrics.js';
import type { DetailedHealth, ProcessOperations, PurgeReport } from './operations.js';

/** What this room needs of `accounts/account.ts`. */
export interface OperatedAccount {
  readonly name: string;
  readonly keyOf: (id: string) => string;
  readonly upstream: UpstreamState;
  /** Its lookups, untraced. */
  readonly calls: {
    explain(id: string, around: Pick<LookupFacts, 'kept' | 'upstream'>): Explanation;
    forget(id?: string): void;
  };
}

interface ProcessOptions {
  readonly accounts: () => readonly OperatedAccount[];
  readonly keeper: CacheKeeper;
  readonly metrics: Metrics;
  readonly health: () => DetailedHealth;
  /** What is in force. */
  readonly config: () => Config;
}

/** What operators may ask of this process. */
export function createProcessOperations(options: ProcessOptions): ProcessOperations {
  const { accounts, keeper, metrics } = options;

  const accountOf = (name: string | undefined): OperatedAccount => {
    const all = accounts();
    if (name === undefined && all.length > 1)
      throw new GatewayError(
        'invalid-parameter',
        `Say which account: ?account= with one of ${namesOf(all)}.`,
      );
    const found = name === undefined ? all[0] : all.find((account) => account.name === name);
    if (found !== undefined) return found;
    throw new GatewayError('account-not-found', `No such account is served; there is ${namesOf(all)}.`);
  };

  const purge = async (account: OperatedAccount, id: string | undefined): Promise<PurgeReport> => {
    const { removed, complete } =
      id === undefined ? await keeper.purgeAll(account.keyOf('')) : await keeper.purge(account.keyOf(id));
    // After the cache: whoever reads in between may remember what was there.
    account.calls.forget(id);
    if (complete) return { account: account.name, removed };
    throw new GatewayError('operation-incomplete', incomplete(removed));
  };

  return {
    health: () => Promise.resolve(options.health()),
    metrics: () => metrics.text(),
    samples: () => metrics.samples(),
    config: () => Promise.resolve(maskConfig(options.config())),
    async inspect({ account: name, id }) {
      const account = accountOf(name);
      const kept = await keeper.find(account.keyOf(id));
      const entry = describeEntry(kept);
      if (entry !== undefined) return { account: account.name, id, ...entry };
      if (kept.redisState !== 'down')
        throw new GatewayError('nothing-kept', `Nothing is kept of call ${id} of account ${account.name}.`);
      throw new GatewayError('operation-incomplete', UNSEEN);
    },
    async explain({ account: name, id }) {
      const account = accountOf(name);
      const kept = await keeper.find(account.keyOf(id));
      const { upstream } = account;
      const { until, missingUntil, ...rest } = account.calls.explain(id, { kept, upstream });
      return {
        ...{ account: account.name, id, ...rest },
        until: isoTime(until),
        kept: describeEntry(kept) ?? null,
        redis: kept.redisState === 'none' ? 'not-configured' : kept.redisState,
        missingUntil: isoTime(missingUntil),
        upstream,
      };
    },
    async purge({ account, id }) {
      return purge(accountOf(account), id);
    },
  };
}

const UNSEEN =
  'Redis does not answer: nothing is in memory, and whether Redis holds something cannot be seen. Try again later.';

function incomplete(removed: number): string {
  return `Removed from memory, and ${removed} entries from Redis; but Redis did not answer to the end, and what it still holds will be answered again. Send the request again when Redis is up.`;
}

function namesOf(accounts: readonly OperatedAccount[]): string {
  return accounts.map(({ name }) => name).join(', ');
}
