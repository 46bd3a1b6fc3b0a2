import { Redis } from 'ioredis';
import type { Result } from 'ioredis';
import type { EventLog } from '../../calls/event-log.js';
import { createLineLimit } from '../../calls/line-limit.js';
import type { ClaimReply } from './lease-scripts.js';
import { replyKind } from './redis-errors.js';
import type { ConnectOptions } from './redis-options.js';

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

    /** The scripts in lease-scripts.ts. */
    claimLeaseBuffer(
      lease: string,
      entry: string,
      token: string,
      leaseMs: number,
    ): Result<ClaimReply, Context>;
    checkLease(lease: string, token: string): Result<number, Context>;
    endLease(lease: string, token: string, message: Buffer): Result<number, Context>;
  }
}

export interface RedisConnection {
  readonly client: Redis;
  /** Host and port for the log, without credentials. */
  readonly at: string;
  /** Another connection to the same server, that only listens. */
  openListener(name: string): Redis;
}

/** Begins to connect, and goes on trying for ever; neither waits for Redis nor fails without it. */
export function createRedisConnection(options: ConnectOptions, at: string, log: EventLog): RedisConnection {
  const client = new Redis(options);
  const mayLog = createLineLimit();
  const onError = (error: Error) => {
    const reason = troubleReason(error);
    if (mayLog(reason)) log.warn({ redis: at, reason }, 'Trouble with the connection to Redis');
  };
  client.on('error', onError);
  return {
    client,
    at,
    openListener(name) {
      // ioredis delivers invalidations in RESP2 only. The listener's id must be known before it subscribes, so it
      // subscribes by hand each time.
      const listener = client.duplicate({ connectionName: name, protocol: 2, autoResubscribe: false });
      listener.on('error', onError);
      return listener;
    },
  };
}

/** What went wrong, for the log. Not the message: it can repeat what was sent, the password included. */
export function troubleReason(error: unknown): string {
  const kind = replyKind(error);
  if (kind !== undefined || typeof error !== 'object' || error === null) return kind ?? typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : 'Error';
}
