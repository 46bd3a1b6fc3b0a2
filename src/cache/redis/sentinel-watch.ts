import { Redis } from 'ioredis';
import type { EventLog } from '../../calls/event-log.js';
import { createLineLimit } from '../../calls/line-limit.js';
import { addressName } from './cluster-slots.js';
import { troubleReason } from './redis-connection.js';
import { sentinelOptions } from './redis-options.js';
import type { RedisTarget } from './redis-url.js';

const CHANNEL = '+switch-master';

/**
 * Leaves a master as soon as a Sentinel says that it is none any more. It may be alive and well, and takes writes for some
 * more seconds, which are lost when it becomes a replica. (ioredis's `failoverDetector` does this for each connection
 * anew, and writes what ails its Sentinels to stderr.) Returns what ends the watch.
 */
export function watchSentinels(target: RedisTarget, client: Redis, log: EventLog): () => void {
  const watches = target.nodes.map((address) => {
    const watch = new Redis(sentinelOptions(target, address));
    const mayLog = createLineLimit();
    const complain = (error: unknown) => {
      const reason = troubleReason(error);
      if (mayLog(reason)) log.warn({ redis: addressName(address), reason }, 'Trouble with a Redis Sentinel');
    };
    watch.on('error', complain);
    watch.on('message', (_channel, message) => {
      const [name, , , host, port] = message.split(' ');
      if (name === target.sentinel?.masterName && !isAt(client, host, port)) leave(client);
    });
    // Waits until the Sentinel is there, and is sent again after each loss.
    watch.subscribe(CHANNEL).catch(complain);
    return watch;
  });
  return () => {
    for (const watch of watches) watch.disconnect();
  };
}

/** A client that is told to disconnect while it asks Sentinels for the master never connects again: that one is left alone. */
function leave(client: Redis): void {
  if (client.status === 'ready') client.disconnect(true);
  else if (client.status === 'reconnecting') client.connect().catch(() => undefined);
}

function isAt({ stream }: Redis, host: string | undefined, port: string | undefined): boolean {
  return 'remotePort' in stream && stream.remoteAddress === host && String(stream.remotePort) === port;
}
