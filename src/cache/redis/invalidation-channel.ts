import { randomUUID } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import type { EventLog } from '../../calls/event-log.js';
import { within } from './within.js';
import type { RedisGuard } from './redis-guard.js';
import type { RedisConnection } from './redis-connection.js';

/** What is told of the changes: `cache/tiered-cache.ts`. */
interface Tier {
  /** From now on every change is announced. */
  trust(): void;
  /** A change may have been missed. */
  doubt(): void;
  forget(key: string): void;
  forgetAll(): void;
}

interface ChannelOptions {
  readonly connection: RedisConnection;
  readonly guard: RedisGuard;
  readonly tier: Tier;
  readonly timeoutMs: number;
  readonly log: EventLog;
}

const CHANNEL = '__redis__:invalidate';
const HEARTBEAT_MS = 1_000;

/**
 * Has Redis announce every change of a key that `connection` read (`CLIENT TRACKING … REDIRECT`, redis.io "Client-side
 * caching") to a second connection, the listener, and passes it on to the tier. Either connection's loss, a PING that
 * is not answered in time or a refusal leave the tier in doubt until tracking is set up again.
 */
export function openInvalidationChannel(options: ChannelOptions): { close(): void } | undefined {
  const name = `invalidations-${randomUUID()}`;
  const listener = options.connection.openListener(name);
  if (listener === undefined) {
    options.log.info(
      { redis: options.connection.at },
      'A Redis Cluster is used without a memory tier in front of it',
    );
    return undefined;
  }
  return new InvalidationChannel(options, listener, name);
}

class InvalidationChannel {
  readonly #options: ChannelOptions;
  readonly #client: Redis | Cluster;
  readonly #listener: Redis;
  readonly #name: string;
  readonly #heartbeat: NodeJS.Timeout;
  /** The listener's id at the server, while it is subscribed. */
  #listenerId: number | undefined;
  /** Counts what could make a set-up that is under way worthless. */
  #epoch = 0;
  #trusted = false;
  #refusalLogged = false;

  constructor(options: ChannelOptions, listener: Redis, name: string) {
    this.#options = options;
    this.#client = options.connection.client;
    this.#listener = listener;
    this.#name = name;

    listener.on('ready', () => void this.#subscribe());
    listener.on('messageBuffer', (_channel: Buffer, keys: unknown) => {
      this.#announce(keys);
    });
    listener.on('close', () => {
      this.#listenerId = undefined;
      this.#doubt();
    });
    options.guard.onChange((state) => {
      if (state === 'up') void this.#track();
      else this.#doubt();
    });
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS).unref();
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#doubt();
    this.#listener.disconnect();
  }

  async #subscribe(): Promise<void> {
    try {
      const id = await this.#listener.client('ID');
      await this.#listener.subscribe(CHANNEL);
      this.#listenerId = id;
      await this.#track();
    } catch {
      this.#refused();
    }
  }

  async #track(): Promise<void> {
    this.#doubt();
    const epoch = this.#epoch;
    const id = this.#listenerId;
    if (id === undefined) return;
    const found = await this.#options.guard.run('track', async () => {
      await this.#client.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id);
      return this.#client.call('CLIENT', 'LIST', 'ID', id);
    });
    if (epoch !== this.#epoch) return;
    // After a failover the two connections may end at different servers, and the id there be another client's.
    if (!String(found).includes(` name=${this.#name} `)) {
      this.#refused();
      return;
    }
    this.#trusted = true;
    this.#options.tier.trust();
  }

  #announce(keys: unknown): void {
    // FLUSHDB and FLUSHALL come without keys.
    if (!Array.isArray(keys) || keys.length === 0) this.#options.tier.forgetAll();
    else for (const key of keys) this.#options.tier.forget(String(key));
  }

  /**
   * Both connections are asked, because idle ones can be gone without a sign. What Redis announced before its answer
   * stands before it on the listener's connection.
   */
  async #beat(): Promise<void> {
    if (!this.#trusted) return;
    const { guard, timeoutMs } = this.#options;
    void guard.run('ping', () => this.#client.ping());
    try {
      await within(timeoutMs, this.#listener.ping());
    } catch {
      this.#doubt();
      this.#listener.disconnect(true);
    }
  }

  #doubt(): void {
    this.#epoch += 1;
    this.#trusted = false;
    this.#options.tier.doubt();
  }

  #refused(): void {
    const { log, connection, guard } = this.#options;
    if (this.#refusalLogged || guard.state() === 'down' || this.#listener.status !== 'ready') return;
    this.#refusalLogged = true;
    log.warn(
      { redis: connection.at },
      'Redis does not announce changes (CLIENT TRACKING): no memory in front of it',
    );
  }
}
