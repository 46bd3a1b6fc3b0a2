import { Redis } from 'ioredis';
import type { EventLog } from '../../calls/event-log.js';
import { createLineLimit } from '../../calls/line-limit.js';
import { addressName, readClusterSlots } from './cluster-slots.js';
import type { ClusterSlots, RedisAddress } from './cluster-slots.js';
import { troubleReason } from './redis-connection.js';
import { serverOptions } from './redis-options.js';
import type { RedisTarget } from './redis-url.js';
import { shuffle } from './shuffle.js';
import { within } from './within.js';

/** So many are asked at once, each for at most this long. */
const AT_ONCE = 6;
const PATIENCE_MS = 1_000;

/** Asks nodes of a Redis Cluster to which there is no connection who serves what: at the start, and while no master answers. */
export class ClusterStrangers {
  readonly #target: RedisTarget;
  readonly #log: EventLog;
  readonly #mayLog = createLineLimit();
  readonly #asked = new Set<Redis>();
  #closed = false;

  constructor(target: RedisTarget, log: EventLog) {
    this.#target = target;
    this.#log = log;
  }

  /** The first answer of a few of them; undefined without any. Never rejects. */
  async ask(addresses: readonly RedisAddress[]): Promise<ClusterSlots | undefined> {
    if (this.#closed) return undefined;
    try {
      return await Promise.any(
        shuffle(addresses)
          .slice(0, AT_ONCE)
          .map((address) => this.#askOne(address)),
      );
    } catch (error) {
      const reason = troubleReason(error instanceof AggregateError ? error.errors[0] : error);
      const redis = this.#target.nodes.map(addressName).join(',');
      if (this.#mayLog(reason))
        this.#log.warn({ redis, reason }, 'No node of the Redis Cluster says who serves what');
      return undefined;
    }
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#asked) client.disconnect();
  }

  async #askOne(address: RedisAddress): Promise<ClusterSlots> {
    const once = { lazyConnect: true, enableReadyCheck: false, retryStrategy: null };
    const client = new Redis({ ...serverOptions(this.#target, address), ...once });
    const troubles: Error[] = [];
    client.on('error', (error: Error) => troubles.push(error));
    this.#asked.add(client);
    const reply = client.connect().then(() => client.call('CLUSTER', 'SLOTS'));
    try {
      const slots = readClusterSlots(await within(PATIENCE_MS, reply), address);
      if (slots === undefined) throw new Error('No slots');
      return slots;
    } catch (error) {
      throw troubles[0] ?? error;
    } finally {
      this.#asked.delete(client);
      client.disconnect();
    }
  }
}
