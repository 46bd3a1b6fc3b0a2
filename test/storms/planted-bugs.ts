import { answerWith } from '../../src/calls/call-answer.js';
import type { CallEntry } from '../../src/calls/call-entry.js';
import type { CallLeases } from '../../src/calls/call-leases.js';
import type { CallSource } from '../../src/calls/call-source.js';
import { GatewayError } from '../../src/errors.js';
import { aCall } from '../support/calls.js';
import type { Bug, Site } from './gateway.js';
import type { Invariant } from './checks/violation.js';
import { ScriptedRedis } from './scripted-redis.js';
import { AUTHORIZATIONS } from './secrets.js';

interface PlantedBug {
  /** The one it breaks. */
  readonly invariant: Invariant;
  readonly what: string;
  readonly bug: Bug;
}

/** What a gateway could do wrong, one bug for each kind of trouble that the checks look for. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    invariant: 1,
    what: 'makes something up where the document cannot be used',
    bug: {
      source: onFailure((error, id) => {
        if (error.code === 'upstream-invalid-response') return answerWith(aCall({ id }));
        throw error;
      }),
    },
  },
  {
    invariant: 1,
    what: 'stores what broke off',
    bug: {
      cache: (cache) => ({
        ...cache,
        put: (key, entry) => cache.put(key, { ...entry, body: entry.body.slice(0, -1) }),
      }),
    },
  },
  {
    invariant: 2,
    what: 'leaves the account out of the key',
    bug: { keyOf: (id) => `storm:v1:${id}` },
  },
  {
    invariant: 3,
    what: 'replaces whatever the store holds',
    bug: { redis: (time, history) => new ForgetfulRedis(time, history) },
  },
  {
    invariant: 3,
    what: 'does not hear that a call has changed',
    bug: {
      tier: (tier) => ({
        trust: () => {
          tier.trust();
        },
        doubt: () => {
          tier.doubt();
        },
        forget: () => undefined,
        forgetAll: () => undefined,
      }),
    },
  },
  {
    invariant: 3,
    what: 'falls back on the first answer it ever had',
    bug: {
      lookup(lookup) {
        const first = new Map<string, CallEntry>();
        return {
          peek: () => undefined,
          async lookup(id, wish) {
            const result = await lookup.lookup(id, wish);
            const entry = first.get(id);
            if ('entry' in result) first.set(id, entry ?? result.entry);
            return 'error' in result && entry !== undefined ? { entry, cache: result.cache } : result;
          },
        };
      },
    },
  },
  {
    invariant: 4,
    what: 'fetches without a lease',
    bug: { leases: () => ({ claim: () => Promise.resolve(undefined) }) },
  },
  {
    invariant: 4,
    what: 'fetches once for every other lookup',
    bug: {
      lookup(one, another) {
        let [next, other] = [one, another()];
        return {
          peek: (id) => one.peek(id),
          lookup(id, wish) {
            [next, other] = [other, next];
            return next.lookup(id, wish);
          },
        };
      },
    },
  },
  {
    invariant: 5,
    what: 'waits for the store as long as it takes',
    bug: { redisTimeoutMs: 60_000 },
  },
  {
    invariant: 5,
    what: 'gives the store up for good',
    bug: {
      ping(ping) {
        let pinged = false;
        return () => {
          if (pinged) return Promise.reject(new Error('never again'));
          pinged = true;
          return ping();
        };
      },
    },
  },
  {
    invariant: 5,
    what: 'waits for a word from a dead owner',
    bug: { leases: waitingForEver },
  },
  {
    invariant: 6,
    what: 'drops the entry when CallFire fails',
    bug: {
      source: onFailure((error, id, { redis, keyOf, gateway }) => {
        redis.remove(keyOf(id), gateway);
        throw error;
      }),
    },
  },
  {
    invariant: 6,
    what: 'forgets an entry as soon as it is no longer fresh',
    bug: {
      cache: (cache, { time }) => ({
        ...cache,
        async get(key) {
          const entry = await cache.get(key);
          return entry !== undefined && entry.freshUntil > time.now ? entry : undefined;
        },
      }),
    },
  },
  {
    invariant: 7,
    what: 'says in an error what it sent',
    bug: {
      source: onFailure((error, _id, { account }) => {
        const sent = new Error(`GET with ${AUTHORIZATIONS[account]}`);
        throw new GatewayError(error.code, error.message, { cause: sent });
      }),
    },
  },
  {
    invariant: 7,
    what: 'logs what it sent',
    bug: {
      source: onFailure((error, _id, { account, log }) => {
        log.warn({ headers: { authorization: AUTHORIZATIONS[account] } }, 'CallFire fails');
        throw error;
      }),
    },
  },
];

type OnFailure = (error: GatewayError, id: string, site: Site) => ReturnType<typeof answerWith>;

function onFailure(handle: OnFailure): (source: CallSource, site: Site) => CallSource {
  return (source, site) => ({
    async fetchCall(id) {
      try {
        return await source.fetchCall(id);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        return handle(error, id, site);
      }
    },
  });
}

function waitingForEver(leases: CallLeases): CallLeases {
  return {
    async claim(key) {
      const lease = await leases.claim(key);
      if (lease?.held !== false) return lease;
      const told = lease.outcome.then((outcome) => outcome ?? new Promise<never>(() => undefined));
      return { held: false, outcome: told };
    },
  };
}

class ForgetfulRedis extends ScriptedRedis {
  protected override keeps(): boolean {
    return false;
  }
}
