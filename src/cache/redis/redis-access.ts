import type { Redis } from 'ioredis';
import type { RedisCluster } from './redis-cluster.js';
import type { RedisNode } from './redis-node.js';

/** The cache's connections, for what else the processes share. */
export interface RedisAccess {
  /**
   * Runs a command at the server that holds the key; undefined while that server is down and whenever the command fails.
   * Never rejects. `name` is for the log.
   */
  run<T>(key: string, name: string, command: (client: Redis) => Promise<T>): Promise<T | undefined>;
}

/** One server, or the master that Sentinels name. */
export function createNodeAccess(node: RedisNode): RedisAccess {
  return { run: (_key, name, command) => runAt(node, name, command) };
}

/** The master that serves the key. */
export function createClusterAccess(
  cluster: Pick<RedisCluster<RedisNode>, 'nodeOf' | 'settled'>,
): RedisAccess {
  return {
    async run(key, name, command) {
      const node = cluster.nodeOf(key);
      if (node === undefined) return undefined;
      const result = await runAt(node, name, command);
      if (result !== undefined || node.guard.state() === 'down') return result;
      // Refused: the key's slot may have moved.
      await cluster.settled();
      const owner = cluster.nodeOf(key);
      return owner === undefined || owner === node ? undefined : runAt(owner, name, command);
    },
  };
}

function runAt<T>({ guard, connection }: RedisNode, name: string, command: (client: Redis) => Promise<T>) {
  return guard.run(name, () => command(connection.client));
}
