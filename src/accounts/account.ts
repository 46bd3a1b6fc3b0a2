import type { Logger } from 'pino';
import { createKeyMaker } from '../cache/keys.js';
import { AccountCredentials } from '../callfire/account-credentials.js';
import { CallFireClient } from '../callfire/callfire-client.js';
import { createFailureReport } from '../callfire/failure-report.js';
import type { UpstreamObserver } from '../callfire/upstream-observer.js';
import type { CallCache } from '../calls/call-cache.js';
import type { CallLeases } from '../calls/call-leases.js';
import type { UpstreamState } from '../calls/explain.js';
import type { FreshnessPolicy } from '../calls/freshness.js';
import { CallLookup } from '../calls/lookup.js';
import type { AccountConfig } from '../config/accounts-file.js';
import { createPassthrough } from '../http/passthrough/passthrough.js';
import type { ServedAccount } from '../http/served-account.js';
import type { Tracing } from '../tracing/tracing.js';

/** What all accounts share, and what is decided for all of them. */
interface AccountParts {
  /** Its keys tell accounts apart. */
  readonly cache: CallCache;
  readonly leases: CallLeases | undefined;
  readonly keyPrefix: string;
  readonly policy: FreshnessPolicy;
  /** How long one lookup waits for the cache in all, in milliseconds. */
  readonly cacheTimeoutMs: number;
  /** Of a fetch, with all that belongs to it. */
  readonly timeoutMs: number;
  /** The longest answer that is accepted. */
  readonly maxBytes: number;
  readonly passthrough: boolean;
  readonly passthroughWrites: boolean;
  readonly documentWorker: URL | undefined;
  readonly tracing: Tracing | undefined;
  /** Of the requests sent for the account of that name. */
  readonly observer: (account: string) => UpstreamObserver | undefined;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A CallFire account in use: with connections, breaker, queue and fetches of its own, so that none waits for another. */
export interface Account extends ServedAccount {
  /** Its lookups, untraced, for operators. */
  readonly calls: CallLookup;
  /** The cache key of a call id; of the empty text, what all its keys begin with. */
  readonly keyOf: (id: string) => string;
  /** The way to CallFire, at the moment. */
  readonly upstream: UpstreamState;
  /** Whether it can go on with that configuration: the calls that it finds are the same, under the same keys. */
  suits(config: AccountConfig): boolean;
  /** Goes on with that configuration, which suits it; nothing under way is lost, nor what readers have seen. */
  takeOver(config: AccountConfig): void;
  /** Resolves when nothing is under way of what may last longer than one fetch. */
  idle(): Promise<void>;
  /** Ends at once what is under way. */
  close(): Promise<void>;
}

export function openAccount(config: AccountConfig, parts: AccountParts): Account {
  const { name, baseUrl, maxConcurrency } = config;
  const { timeoutMs, maxBytes, documentWorker, tracing } = parts;
  const log = parts.log.child({ account: name });
  const credentials = new AccountCredentials({ ...config, log });
  const upstream = { baseUrl, timeoutMs, maxConcurrency, report: createFailureReport(log) };
  const client = new CallFireClient({
    ...upstream,
    credentials,
    maxBytes,
    documentWorker,
    log,
    observer: parts.observer(name),
    trace: tracing?.fetchTrace,
  });
  const keyOf = createKeyMaker({ prefix: parts.keyPrefix, account: config.keyName });
  const lookup = new CallLookup({ ...parts, source: tracing?.source(client) ?? client, keyOf });
  const passthrough = parts.passthrough
    ? createPassthrough({
        ...upstream,
        credentials,
        containsSecret: (text) => credentials.scrub(text) !== text,
        allowWrites: parts.passthroughWrites,
      })
    : undefined;
  return {
    name,
    lookup: tracing?.lookup(lookup) ?? lookup,
    passthrough: passthrough && (tracing?.passthrough(passthrough.router) ?? passthrough.router),
    calls: lookup,
    suits: (changed) => changed.keyName === config.keyName && changed.baseUrl.href === baseUrl.href,
    takeOver(changed) {
      credentials.replace(changed.current, changed.next);
      client.resize(changed.maxConcurrency);
      passthrough?.resize(changed.maxConcurrency);
    },
    idle: () => passthrough?.idle() ?? Promise.resolve(),
    keyOf,
    get upstream() {
      return { breaker: client.breakerState, queue: client.queue };
    },
    async close() {
      passthrough?.close();
      await client.close();
    },
  };
}
