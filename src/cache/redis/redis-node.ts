import type { Redis } from 'ioredis';
import type { EventLog } from '../../calls/event-log.js';
import { addressName, type RedisAddress } from './cluster-slots.js';
import { createRedisConnection, type RedisConnection } from './redis-connection.js';
import { RedisGuard } from './redis-guard.js';
import { serverOptions, singleOptions } from './redis-options.js';
import type { RedisTarget } from './redis-url.js';
import { watchSentinels } from './sentinel-watch.js';
import { within } from './within.js';

/** One server, or one master of a Cluster: its connection, and the guard that stands before it. */
export interface RedisNode {
  readonly connection: RedisConnection;
  readonly guard: RedisGuard;
  /** Resolves when the server answers and, in a Cluster, sees the Cluster working. */
  ping(): Promise<unknown>;
  /** Ends the connection after what was sent is answered, or after the time limit. */
  close(): Promise<void>;
}

interface NodeOptions {
  readonly target: RedisTarget;
  /** For a master of a Cluster. */
  readonly master?:
    | {
        readonly address: RedisAddress;
        /** Called when it says that a slot is another's. */
        readonly onMoved: () => void;
      }
    | undefined;
  readonly timeoutMs: number;
  readonly log: EventLog;
}

/** Begins to connect, and goes on trying until it is closed. */
export function openRedisNode({ target, master, timeoutMs, log }: NodeOptions): RedisNode {
  const at = (master === undefined ? target.nodes : [master.address]).map(addressName).join(',');
  const options = master === undefined ? singleOptions(target) : serverOptions(target, master.address);
  const connection = createRedisConnection(options, at, log);
  const { client } = connection;
  const ping = () => (master === undefined ? findWell(client, target.db) : findClusterWell(client));
  const guard = new RedisGuard({ ping, timeoutMs, log, at, onMoved: master?.onMoved });
  client.on('ready', () => {
    guard.probe();
  });
  client.on('close', () => {
    guard.trip('disconnected');
  });
  const unwatch = target.mode === 'sentinel' ? watchSentinels(target, client, log) : undefined;
  return {
    connection,
    guard,
    ping,
    async close() {
      const wasUp = guard.state() === 'up';
      guard.close();
      unwatch?.();
      if (wasUp) await within(timeoutMs, client.quit()).catch(() => undefined);
      client.disconnect();
    },
  };
}

/** A connection whose database does not exist, or is not ours to use, would go on with number 0. */
async function findWell(client: Redis, db: number): Promise<void> {
  if (db > 0) await client.select(db);
  await client.ping();
}

/** A node that lost sight of the Cluster answers PING all the same, and refuses everything else. */
async function findClusterWell(client: Redis): Promise<void> {
  const info = await client.cluster('INFO');
  if (info.includes('cluster_state:ok')) return;
  throw Object.assign(new Error('CLUSTERDOWN by CLUSTER INFO'), { name: 'ReplyError' });
}
