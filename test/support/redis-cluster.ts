import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { startRedisServer, type RedisServer } from './redis-server.js';
import { until } from './until.js';

/** A Redis Cluster of its own on free ports of 127.0.0.1, whose slots are dealt out evenly. */
export interface TestCluster {
  /** As for `REDIS_URL`: all nodes. */
  readonly url: string;
  /** Those that began as masters, in the order of their slots. */
  readonly masters: readonly RedisServer[];
  /** The first one is the first master's. */
  readonly replicas: readonly RedisServer[];
  /** Moves a slot with its keys from one master to another, as `redis-cli --cluster reshard` does. */
  moveSlot(slot: number, from: RedisServer, to: RedisServer): Promise<void>;
  stop(): Promise<void>;
}

interface ClusterShape {
  readonly masters?: number;
  /** How many of the masters have one. */
  readonly replicas?: number;
  readonly extraArgs?: readonly string[];
}

const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 500;

/** Resolves when every node sees the Cluster working, and every replica has its master's keys. */
export async function startRedisCluster(shape: ClusterShape = {}): Promise<TestCluster> {
  const { masters: count = 3, replicas: replicaCount = 0, extraArgs = [] } = shape;
  const nodes = await Promise.all(Array.from({ length: count + replicaCount }, () => startNode(extraArgs)));
  const masters = nodes.slice(0, count);
  const replicas = nodes.slice(count);
  const share = (i: number) => Math.floor((i * SLOTS) / count);
  for (const [i, { server }] of nodes.entries()) {
    if (i < count) await command(server, 'CLUSTER', 'ADDSLOTSRANGE', share(i), share(i + 1) - 1);
    await command(server, 'CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
  }
  const servers = nodes.map(({ server }) => server);
  const first = servers[0];
  await until(async () => {
    // Again and again, because a busy machine may take longer over a handshake than nodes wait for it.
    for (const { server, busPort } of nodes.slice(1))
      await command(first, 'CLUSTER', 'MEET', '127.0.0.1', server.port, busPort);
    const met = async () =>
      (await Promise.all(servers.map((it) => seesAll(it, nodes.length)))).every(Boolean);
    return until(met, 2_000).then(
      () => true,
      () => false,
    );
  });
  for (const [i, { server }] of replicas.entries()) {
    await command(server, 'CLUSTER', 'REPLICATE', await idOf(masters[i]?.server));
    await until(async () => (await command(server, 'INFO', 'replication')).includes('master_link_status:up'));
  }
  await until(async () =>
    (await Promise.all(servers.map((it) => knowsReplicas(it, replicaCount)))).every(Boolean),
  );
  return {
    url: servers.map(({ url }) => url).join(','),
    masters: masters.map(({ server }) => server),
    replicas: replicas.map(({ server }) => server),
    async moveSlot(slot, from, to) {
      const target = await idOf(to);
      await command(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(from));
      await command(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', target);
      const keys = (await command(from, 'CLUSTER', 'GETKEYSINSLOT', slot, 1_000)).split(',').filter(Boolean);
      if (keys.length > 0)
        await command(from, 'MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys);
      await command(to, 'CLUSTER', 'SETSLOT', slot, 'NODE', target);
      await command(from, 'CLUSTER', 'SETSLOT', slot, 'NODE', target);
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** Sends one command on a connection of its own; lists come with commas between. */
export async function command(
  server: Pick<RedisServer, 'url'> | undefined,
  name: string,
  ...args: (string | number)[]
): Promise<string> {
  const client = new Redis(server?.url ?? '', { maxRetriesPerRequest: 0, retryStrategy: null });
  try {
    return String(await client.call(name, ...args));
  } finally {
    client.disconnect();
  }
}

async function startNode(extraArgs: readonly string[]) {
  const busPort = await freePort();
  const options = {
    'cluster-enabled': 'yes',
    'cluster-port': busPort,
    'cluster-node-timeout': NODE_TIMEOUT_MS,
    'cluster-replica-validity-factor': 0,
    'cluster-allow-replica-migration': 'no',
    'repl-diskless-sync-delay': 0,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  return { server: await startRedisServer([...args, ...extraArgs]), busPort };
}

const idOf = (server: RedisServer | undefined) => command(server, 'CLUSTER', 'MYID');

async function seesAll(server: RedisServer, count: number): Promise<boolean> {
  const info = await command(server, 'CLUSTER', 'INFO');
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${count}\r`);
}

async function knowsReplicas(server: RedisServer, count: number): Promise<boolean> {
  const nodes = await command(server, 'CLUSTER', 'NODES');
  return nodes.split('\n').filter((line) => / (myself,)?slave /.test(line)).length === count;
}
