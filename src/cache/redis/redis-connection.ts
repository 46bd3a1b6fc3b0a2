import { Cluster, Redis } from 'ioredis';
import type { Result } from 'ioredis';
import type { EventLog } from '../../calls/event-log.js';
import { createLineLimit } from '../../calls/line-limit.js';
import { replyKind } from './redis-errors.js';
import { clusterOptions, singleOptions } from './redis-options.js';
import type { RedisTarget } from './redis-url.js';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** PUT_SCRIPT in put-script.ts, which `redis-options.ts` has ioredis load. */
    putEntry(
      key: string,
      value: Buffer,
      ttlMs: number,
      now: number,
      modified: string,
      rank: number,
    ): Result<number, Context>;
  }
}

export interface RedisConnection {
  readonly client: Redis | Cluster;
  /** Hosts and ports for the log, without credentials. */
  readonly at: string;
  /** Another connection to the same server, that only listens; undefined for a Cluster, which has no one server. */
  openListener(name: string): Redis | undefined;
}

/** Begins to connect, and goes on trying for ever; neither waits for Redis nor fails without it. */
export function createRedisConnection(target: RedisTarget, log: EventLog): RedisConnection {
  const at = target.nodes.map(({ host, port }) => `${host}:${port}`).join(',');
  const client =
    target.mode === 'cluster'
      ? new Cluster([...target.nodes], clusterOptions(target))
      : new Redis(singleOptions(target));
  const mayLog = createLineLimit();
  const onError = (error: Error) => {
    const reason = replyKind(error) ?? networkReason(error);
    // Not the message: it can repeat what was sent, the password included.
    if (mayLog(reason)) log.warn({ redis: at, reason }, 'Trouble with the connection to Redis');
  };
  client.on('error', onError);
  return {
    client,
    at,
    openListener(name) {
      if (client instanceof Cluster) return undefined;
      // ioredis delivers invalidations in RESP2 only. The listener's id must be known before it subscribes, so it
      // subscribes by hand each time.
      const listener = client.duplicate({ connectionName: name, protocol: 2, autoResubscribe: false });
      listener.on('error', onError);
      return listener;
    },
  };
}

function networkReason(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
