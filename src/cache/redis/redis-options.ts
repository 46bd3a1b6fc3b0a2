import type { RedisOptions } from 'ioredis';
import { PUT_SCRIPT } from './put-script.js';
import type { RedisTarget } from './redis-url.js';

/** Without a byte for this long while an answer is owed, the host counts as gone and the connection is made anew. */
const SILENCE_MS = 2_000;

/** For `new Redis`: one server, or the master that Sentinels name. */
export function singleOptions(target: RedisTarget) {
  const { sentinel, nodes, tls, db } = target;
  const common = { ...commonOptions(target), db, enableOfflineQueue: false, retryStrategy: retryDelay };
  if (sentinel === undefined) return { ...common, ...nodes[0] };
  return {
    ...common,
    name: sentinel.masterName,
    sentinels: [...nodes],
    sentinelUsername: sentinel.username,
    sentinelPassword: sentinel.password,
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: SILENCE_MS,
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  };
}

/** For `new Cluster`. */
export function clusterOptions(target: RedisTarget) {
  return {
    clusterRetryStrategy: retryDelay,
    enableOfflineQueue: false,
    slotsRefreshTimeout: SILENCE_MS,
    scripts: SCRIPTS,
    redisOptions: commonOptions(target),
  };
}

const SCRIPTS = { putEntry: { lua: PUT_SCRIPT, numberOfKeys: 1 } };

/**
 * The offline queue is off everywhere: while Redis is away a command fails at once instead of waiting in memory. There is
 * no `commandTimeout`: the guard limits a command's time, for Clusters too, and allows for a busy event loop.
 * No auto-pipelining either: reads are joined more cheaply by batch-reader.ts, and writes are rare.
 */
function commonOptions({ tls, username, password }: RedisTarget) {
  return {
    username,
    password,
    ...(tls && { tls: {} }),
    // Nothing of RESP3 is used, and its HELLO puts the password in a command that old servers echo when they refuse it.
    protocol: 2,
    connectTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    // NAT and firewalls forget idle connections without a word.
    keepAlive: 10_000,
    // What was in flight when a connection broke fails with it: by the time it could be sent again nobody waits for it.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    reconnectOnError: createReadOnlyCheck(),
    // How long a connection that closes may keep the process from ending.
    disconnectTimeout: 100,
    disableClientInfo: true,
    scripts: SCRIPTS,
  } satisfies RedisOptions;
}

/** 50 ms, then twice as much each time, at most a second; less a random part, so that many processes spread out. */
function retryDelay(attempt: number): number {
  return Math.min(1_000, 25 * 2 ** Math.min(attempt, 6)) * (1 - Math.random() / 4);
}

/**
 * A server that refuses writes as a replica was the master before a failover: connecting anew finds the new one. Where it
 * simply is a replica this would break a reading connection for each write, hence not more often than every 10 s.
 */
function createReadOnlyCheck(): (error: Error) => boolean {
  let last = -Infinity;
  return (error) => {
    if (!error.message.includes('READONLY') || performance.now() - last < 10_000) return false;
    last = performance.now();
    return true;
  };
}
