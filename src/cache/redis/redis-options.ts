import type { RedisOptions } from 'ioredis';
import { CHECK_SCRIPT, CLAIM_SCRIPT, END_SCRIPT } from './lease-scripts.js';
import type { RedisAddress } from './cluster-slots.js';
import { PUT_SCRIPT } from './put-script.js';
import type { RedisTarget } from './redis-url.js';

/** Without a byte for this long while an answer is owed, the host counts as gone and the connection is made anew. */
const SILENCE_MS = 2_000;

/** What `new Redis` takes, but for the option that its type wants apart. */
export type ConnectOptions = Omit<RedisOptions, 'replyMapping'>;

/** For one server, or the master that Sentinels name. */
export function singleOptions(target: RedisTarget): ConnectOptions {
  const { sentinel, nodes, tls, db } = target;
  const [server] = nodes;
  if (sentinel === undefined) return { ...serverOptions(target, server), db };
  return {
    ...serverOptions(target),
    db,
    name: sentinel.masterName,
    sentinels: [...nodes],
    sentinelUsername: sentinel.username,
    sentinelPassword: sentinel.password,
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: SILENCE_MS,
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  };
}

/** For a connection that hears from a Sentinel; it waits for the Sentinel as long as it takes. */
export function sentinelOptions(target: RedisTarget, address: RedisAddress): ConnectOptions {
  return {
    ...address,
    username: target.sentinel?.username,
    password: target.sentinel?.password,
    ...(target.tls && { tls: {} }),
    protocol: 2,
    connectTimeout: SILENCE_MS,
    keepAlive: 10_000,
    maxRetriesPerRequest: null,
    enableReadyCheck: false,
    disconnectTimeout: 100,
    disableClientInfo: true,
    retryStrategy: retryDelay,
  };
}

const SCRIPTS = {
  putEntry: { lua: PUT_SCRIPT, numberOfKeys: 1 },
  claimLease: { lua: CLAIM_SCRIPT, numberOfKeys: 2 },
  checkLease: { lua: CHECK_SCRIPT, numberOfKeys: 1 },
  endLease: { lua: END_SCRIPT, numberOfKeys: 1 },
};

/**
 * For one server at that address, a node of a Cluster too: ioredis's own `Cluster` is not used, because it lets the nodes'
 * commands queue, sends refused ones again after pauses, and does not say which node a command went to.
 *
 * There is no `commandTimeout`: the guard limits a command's time, and allows for a busy event loop. No auto-pipelining
 * either: reads are joined more cheaply by batch-reader.ts, and writes are rare.
 */
export function serverOptions(target: RedisTarget, address?: RedisAddress): ConnectOptions {
  const { tls, username, password } = target;
  return {
    ...address,
    username,
    password,
    ...(tls && { tls: {} }),
    // Nothing of RESP3 is used, and its HELLO puts the password in a command that old servers echo when they refuse it.
    protocol: 2,
    connectTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    // NAT and firewalls forget idle connections without a word.
    keepAlive: 10_000,
    retryStrategy: retryDelay,
    // While Redis is away a command fails at once instead of waiting in memory.
    enableOfflineQueue: false,
    // What was in flight when a connection broke fails with it: by the time it could be sent again nobody waits for it.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    reconnectOnError: createReadOnlyCheck(),
    // How long a connection that closes may keep the process from ending.
    disconnectTimeout: 100,
    disableClientInfo: true,
    scripts: SCRIPTS,
  };
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
