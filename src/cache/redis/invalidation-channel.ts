import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { EventLog } from '../../calls/event-log.js';
import { within } from './within.js';
import type { RedisNode } from './redis-node.js';

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
  readonly node: RedisNode;
  readonly tier: Tier;
  readonly timeoutMs: number;
  readonly log: EventLog;
}

const CHANNEL = '__redis__:invalidate';
const HEARTBEAT_MS = 1_000;
const LONGEST_RETRY_BEATS = 60;

/**
 * Has Redis announce every change of a key that the node's connection read (`CLIENT TRACKING … REDIRECT`, redis.io
 * "Client-side caching") to a second connection, the listener, and passes it on to the tier. Either connection's loss, a
 * PING that is not answered in time or a refusal leave the tier in doubt until tracking is set up again.
 */
export function openInvalidationChannel(options: ChannelOptions): { close(): void } {
  return new InvalidationChannel(options);
}

class InvalidationChannel {
  readonly #options: ChannelOptions;
  readonly #name = `invalidations-${randomUUID()}`;
  readonly #listener: Redis;
  readonly #heartbeat: NodeJS.Timeout;
  /** The listener's id at the server, while it is subscribed. */
  #listenerId: number | undefined;
  /** Counts what could make a set-up that is under way worthless. */
  #epoch = 0;
  #trusted = false;
  /** Until the listener is connected anew, while Redis is up but tracking is not. */
  #beatsToRetry = 2;
  #nextRetry = 2;
  #refusalLogged = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    const listener = options.node.connection.openListener(this.#name);
    this.#listener = listener;

    listener.on('ready', () => void this.#subscribe());
    listener.on('messageBuffer', (_channel: Buffer, keys: unknown) => {
      this.#announce(keys);
    });
    listener.on('close', () => {
      this.#listenerId = undefined;
      this.#doubt();
    });
    options.node.guard.onChange((state) => {
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
    const { connection, guard } = this.#options.node;
    const send = (...args: [string, ...(string | number)[]]) =>
      guard.run('track', () => connection.client.call('CLIENT', ...args));
    const found = await send('LIST', 'ID', id);
    // After a failover the two connections may end at different servers, and the id be nobody's there, or another client's.
    if (typeof found === 'string' && !found.includes(` name=${this.#name} `)) {
      this.#retry();
      return;
    }
    const set = found === undefined ? undefined : await send('TRACKING', 'ON', 'REDIRECT', id);
    if (epoch !== this.#epoch) return;
    if (set === undefined) {
      this.#refused();
      return;
    }
    this.#trusted = true;
    this.#refusalLogged = false;
    this.#beatsToRetry = this.#nextRetry = 2;
    this.#options.tier.trust();
  }

  #announce(keys: unknown): void {
    // FLUSHDB and FLUSHALL come without keys.
    if (!Array.isArray(keys) || keys.length === 0) this.#options.tier.forgetAll();
    else for (const key of keys) this.#options.tier.forget(String(key));
  }

  async #beat(): Promise<void> {
    const { node, timeoutMs } = this.#options;
    if (!this.#trusted) {
      if (node.guard.state() === 'up') this.#retry();
      return;
    }
    // Both connections are asked, because idle ones can be gone without a sign. What Redis announced before its answer
    // stands before it on the listener's connection.
    void node.guard.run('ping', () => node.ping());
    try {
      await within(timeoutMs, this.#listener.ping());
    } catch {
      this.#doubt();
      if (this.#listener.status === 'ready') this.#listener.disconnect(true);
    }
  }

  /** Connects the listener anew, in case it is at another server or tracking has been allowed since; ever more seldom. */
  #retry(): void {
    this.#beatsToRetry -= 1;
    if (this.#beatsToRetry > 0 || this.#listener.status !== 'ready') return;
    this.#nextRetry = Math.min(LONGEST_RETRY_BEATS, this.#nextRetry * 2);
    this.#beatsToRetry = this.#nextRetry;
    this.#listener.disconnect(true);
  }

  #doubt(): void {
    this.#epoch += 1;
    this.#trusted = false;
    this.#options.tier.doubt();
  }

  #refused(): void {
    const { log } = this.#options;
    const { connection, guard } = this.#options.node;
    if (this.#refusalLogged || guard.state() === 'down' || this.#listener.status !== 'ready') return;
    this.#refusalLogged = true;
    log.warn(
      { redis: connection.at },
      'Redis does not announce changes (CLIENT TRACKING): no memory in front of it',
    );
  }
}
