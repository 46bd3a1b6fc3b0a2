import { createKeyMaker } from '../cache/keys.js';
import { CallFireClient } from '../callfire/callfire-client.js';
import type { BreakerState } from '../callfire/connection/breaker.js';
import { createCredentials } from '../callfire/credentials.js';
import { createFailureReport } from '../callfire/failure-report.js';
import type { UpstreamObserver } from '../callfire/upstream-observer.js';
import type { CallCache } from '../calls/call-cache.js';
import type { CallLeases } from '../calls/call-leases.js';
import type { EventLog } from '../calls/event-log.js';
import type { UpstreamState } from '../calls/explain.js';
import type { FreshnessPolicy } from '../calls/freshness.js';
import { CallLookup } from '../calls/lookup.js';
import type { AccountConfig } from '../config/accounts-file.js';
import { createPassthrough } from '../http/passthrough/passthrough.js';
import type { ServedAccount } from '../http/served-account.js';

/** What all accounts share, and what is decided for all of them. */
export interface AccountParts {
  /** Its keys tell accounts apart. */
  readonly cache: CallCache;
  readonly leases: CallLeases | undefined;
  readonly keyPrefix: string;
  readonly policy: FreshnessPolicy;
  /** How long one lookup waits for the cache in all, in milliseconds. */
  readonly cacheTimeoutMs: number;
  readonly passthrough: boolean;
  readonly passthroughWrites: boolean;
  readonly documentWorker: URL | undefined;
  /** Of the requests sent for the account of that name. */
  readonly observer: (account: string) => UpstreamObserver | undefined;
  readonly log: EventLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A CallFire account in use: with connections, breaker, queue and fetches of its own, so that none waits for another. */
export interface Account extends ServedAccount {
  readonly config: AccountConfig;
  readonly breakerState: BreakerState;
  readonly lookup: CallLookup;
  /** The cache key of a call id; of the empty text, what all its keys begin with. */
  readonly keyOf: (id: string) => string;
  /** The way to CallFire, at the moment. */
  readonly upstream: UpstreamState;
  /** Goes on with that configuration, if only its credentials are new; otherwise changes nothing and returns false. */
  takeOver(config: AccountConfig): boolean;
  /** Ends at once what is under way. */
  close(): Promise<void>;
}

export function openAccount(config: AccountConfig, parts: AccountParts): Account {
  const { name, baseUrl, timeoutMs, maxBytes, maxConcurrency } = config;
  const { log, documentWorker } = parts;
  const credentials = createCredentials(config.current.login, config.current.password);
  const upstream = { baseUrl, timeoutMs, maxConcurrency, report: createFailureReport(log) };
  const observer = parts.observer(name);
  const client = new CallFireClient({ ...upstream, credentials, maxBytes, documentWorker, observer, log });
  const keyOf = createKeyMaker({ prefix: parts.keyPrefix, account: config.keyName });
  const lookup = new CallLookup({ ...parts, source: client, keyOf });
  const passthrough = parts.passthrough
    ? createPassthrough({
        ...upstream,
        authorization: credentials.authorization,
        containsSecret: (text) => credentials.scrub(text) !== text,
        allowWrites: parts.passthroughWrites,
      })
    : undefined;
  return {
    name,
    config,
    lookup,
    passthrough: passthrough?.router,
    get breakerState() {
      return client.breakerState;
    },
    keyOf,
    get upstream() {
      return { breaker: client.breakerState, queue: client.queue };
    },
    takeOver: (changed) => JSON.stringify(changed) === JSON.stringify(config),
    async close() {
      passthrough?.close();
      await client.close();
    },
  };
}
