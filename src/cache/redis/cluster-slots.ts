import type { RedisTarget } from './redis-url.js';

export type RedisAddress = RedisTarget['nodes'][number];

/** Which masters serve a Redis Cluster, as one of its nodes sees it. */
export interface ClusterSlots {
  /** In the order of the slots; some may be missing. */
  readonly ranges: readonly {
    readonly first: number;
    readonly last: number;
    readonly master: RedisAddress;
  }[];
  /** Of all nodes, replicas included. */
  readonly addresses: readonly RedisAddress[];
}

/** `host:port` */
export function addressName({ host, port }: RedisAddress): string {
  return `${host}:${port}`;
}

/**
 * Reads the reply to CLUSTER SLOTS; undefined if it is none, or names no master. A node that does not know its own host
 * leaves it out: it is the one that was `asked`.
 */
export function readClusterSlots(reply: unknown, asked: RedisAddress): ClusterSlots | undefined {
  const addresses = new Map<string, RedisAddress>();
  const ranges = listOf(reply).flatMap((range) => {
    const [first, last, ...nodes] = listOf(range);
    const [master, ...replicas] = nodes.map((node) => readAddress(node, asked));
    for (const address of [master, ...replicas])
      if (address !== undefined) addresses.set(addressName(address), address);
    return master === undefined ? [] : [{ first: Number(first), last: Number(last), master }];
  });
  ranges.sort((a, b) => a.first - b.first);
  return ranges.length > 0 ? { ranges, addresses: [...addresses.values()] } : undefined;
}

function readAddress(node: unknown, asked: RedisAddress): RedisAddress | undefined {
  const [host, port] = listOf(node);
  // Port 0: it does not serve this kind of connection (TLS or plain).
  if (typeof port !== 'number' || port === 0) return undefined;
  return { host: typeof host === 'string' && host !== '' && host !== '?' ? host : asked.host, port };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
