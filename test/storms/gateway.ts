import { createEntryStore } from '../../src/cache/entry-store.js';
import { createKeyMaker } from '../../src/cache/keys.js';
import { TieredCache } from '../../src/cache/tiered-cache.js';
import { AccountCredentials } from '../../src/callfire/account-credentials.js';
import { CallFireClient } from '../../src/callfire/callfire-client.js';
import { createFailureReport } from '../../src/callfire/failure-report.js';
import type { CallCache } from '../../src/calls/call-cache.js';
import type { CallLeases } from '../../src/calls/call-leases.js';
import type { CallSource } from '../../src/calls/call-source.js';
import type { EventLog } from '../../src/calls/event-log.js';
import { CallLookup } from '../../src/calls/lookup.js';
import type { LookupWish } from '../../src/calls/lookup-result.js';
import type { Answer, Fetch, History, Lookup } from './history.js';
import { createLinkedCache, RedisLink, type Conditions, type Tier } from './redis-link.js';
import type { Dice } from './dice.js';
import { ScriptedCallFire, type Truth, type Weather } from './scripted-callfire.js';
import { ScriptedLeases } from './scripted-leases.js';
import type { ScriptedRedis } from './scripted-redis.js';
import { LOGINS } from './secrets.js';
import type { Account } from './versions.js';
import type { VirtualTime } from './virtual-time.js';

export const UPSTREAM_TIMEOUT_MS = 1000;
export const REDIS_TIMEOUT_MS = 50;
/** Longer than any fetch, and than what may come before and after it. */
export const LEASE_MS = UPSTREAM_TIMEOUT_MS + 6 * REDIS_TIMEOUT_MS;

const POLICY = {
  states: new Set(['FINISHED']),
  ttlSeconds: 2,
  settleSeconds: 1,
  staleSeconds: 600,
  negativeSeconds: 2,
};

/** What all gateways of a storm have in common. */
export interface World {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly history: History;
  readonly redis: ScriptedRedis;
  readonly conditions: Conditions;
  readonly truth: Truth;
  readonly weather: readonly Weather[];
  /** None, unless the checks are being checked. */
  readonly bug: Bug;
}

/** What a planted bug has to work with. */
export interface Site extends World {
  readonly gateway: string;
  readonly account: Account;
  readonly keyOf: (id: string) => string;
  readonly log: EventLog;
}

export type Asked = Pick<CallLookup, 'peek' | 'lookup'>;

/** A defect at one of the ports: each takes what is there and gives what is to be there instead. */
export interface Bug {
  readonly redis?: (time: VirtualTime, history: History) => ScriptedRedis;
  readonly keyOf?: (id: string) => string;
  readonly source?: (source: CallSource, site: Site) => CallSource;
  readonly cache?: (cache: CallCache, site: Site) => CallCache;
  readonly tier?: (tier: Tier) => Tier;
  readonly leases?: (leases: CallLeases) => CallLeases;
  readonly lookup?: (lookup: Asked, another: () => Asked) => Asked;
  readonly redisTimeoutMs?: number;
  readonly ping?: (ping: () => Promise<unknown>) => () => Promise<unknown>;
}

/** The key of a call in the store, unless a bug changes it. */
export function keyMaker(account: Account): (id: string) => string {
  return createKeyMaker({ prefix: 'storm', account });
}

/** One process: the real lookup, memory tier, guard and client, put together as `src/gateway.ts` does, between scripted ends. */
export class StormGateway {
  readonly link: RedisLink;
  readonly #world: World;
  readonly #client: CallFireClient;
  readonly #lookup: Asked;
  readonly #open = new Set<Lookup>();
  #dead = false;
  #onDeath: () => void = () => undefined;
  readonly #death = new Promise<undefined>((resolve) => {
    this.#onDeath = () => {
      resolve(undefined);
    };
  });

  constructor(
    world: World,
    readonly name: string,
    readonly account: Account,
  ) {
    this.#world = world;
    const { time, history, redis, bug } = world;
    const now = () => time.now;
    const log = outgoingLog(history);
    const keyOf = bug.keyOf ?? keyMaker(account);
    const site: Site = { ...world, gateway: name, account, keyOf, log };

    this.link = new RedisLink({
      ...world,
      log,
      timeoutMs: bug.redisTimeoutMs ?? REDIS_TIMEOUT_MS,
      ping: bug.ping,
    });
    const stored = createLinkedCache(this.link, redis, name);
    const tier = new TieredCache(bug.cache?.(stored, site) ?? stored, createEntryStore(1_000_000, now));
    this.link.keepTrue(bug.tier?.(tier) ?? tier);
    const leases = new ScriptedLeases({ link: this.link, redis, history, gateway: name, leaseMs: LEASE_MS });

    this.#client = new CallFireClient({
      baseUrl: new URL('http://callfire.test/api/1.1/rest'),
      credentials: new AccountCredentials({ current: LOGINS[account], log }),
      dispatcher: new ScriptedCallFire(world, name),
      report: createFailureReport(log, now),
      log,
      timeoutMs: UPSTREAM_TIMEOUT_MS,
      maxConcurrency: 8,
      maxBytes: 100_000,
      // Must be there, and is not run: no document in a storm is long enough for a thread.
      documentWorker: new URL(import.meta.url),
      now,
      random: () => world.dice.throw(),
    });
    const source = recorded(bug.source?.(this.#client, site) ?? this.#client, site);
    const lookup = () =>
      new CallLookup({
        source,
        cache: tier,
        leases: bug.leases?.(leases) ?? leases,
        keyOf,
        policy: POLICY,
        cacheTimeoutMs: REDIS_TIMEOUT_MS,
        now,
      });
    this.#lookup = bug.lookup?.(lookup(), lookup) ?? lookup();
  }

  /** Resolves when the reader has an answer, or the process is dead. */
  async ask(reader: string, id: string, wish: LookupWish): Promise<Lookup> {
    const { history } = this.#world;
    const { name: gateway, account } = this;
    const lookup: Lookup = { reader, gateway, account, id, wish, begin: history.now() };
    history.lookups.push(lookup);
    if (this.#dead) {
      this.#abandon(lookup);
      return lookup;
    }
    this.#open.add(lookup);
    const answer = await Promise.race([this.#answer(id, wish), this.#death]);
    if (answer === undefined || !this.#open.delete(lookup)) return lookup;
    lookup.answer = answer;
    lookup.end = history.now();
    lookup.storeReachable = this.link.wellSince(lookup.begin.at);
    return lookup;
  }

  /** Nothing comes from this process any more; what it sent before is still on its way. */
  die(): void {
    this.#dead = true;
    for (const lookup of this.#open) this.#abandon(lookup);
    this.#open.clear();
    this.link.die();
    void this.#client.close();
    this.#onDeath();
  }

  /** As `http/front-door.ts` does it: what is at hand first. */
  async #answer(id: string, wish: LookupWish): Promise<Answer> {
    try {
      const plain = !wish.noCache && !wish.onlyIfCached;
      const held = plain ? this.#lookup.peek(id) : undefined;
      if (held !== undefined) return { body: held.body, via: 'hit at once' };
      const result = await this.#lookup.lookup(id, wish);
      const { kind } = result.cache;
      const via = kind === 'forwarded' ? `${kind}: ${result.cache.reason}` : kind;
      return 'entry' in result ? { body: result.entry.body, via } : { error: result.error, via };
    } catch (bug) {
      return { bug, via: 'thrown' };
    }
  }

  #abandon(lookup: Lookup): void {
    lookup.died = true;
    lookup.end = this.#world.history.now();
  }
}

/** Notes when each fetch begins and ends. */
function recorded(source: CallSource, { gateway, account, history }: Site): CallSource {
  return {
    async fetchCall(id) {
      const fetch: Fetch = { gateway, account, id, begin: history.now() };
      history.fetches.push(fetch);
      try {
        return await source.fetchCall(id);
      } finally {
        fetch.end = history.now();
      }
    },
  };
}

function outgoingLog(history: History): EventLog {
  const write = (fields: object, message: string) => {
    history.outgoing.push(`${JSON.stringify(fields)} ${message}`);
  };
  return { info: write, warn: write, error: write };
}
