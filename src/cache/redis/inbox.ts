import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { EventLog } from '../../calls/event-log.js';
import { createLineLimit } from '../../calls/line-limit.js';
import type { RedisConnection } from './redis-connection.js';
import { replyKind } from './redis-errors.js';
import { within } from './within.js';

interface InboxOptions {
  readonly connection: RedisConnection;
  /** Begins the channel's name, so that an operator's ACL can name what belongs to the gateway. */
  readonly prefix: string;
  /** A PING's time limit. */
  readonly timeoutMs: number;
  readonly log: EventLog;
  readonly onMessage: (message: Buffer) => void;
  /** What is sent to the name that it had may not arrive. */
  readonly onLost: () => void;
}

const BEAT_MS = 1_000;

/**
 * A channel on which only this process listens, over a connection of its own. After each loss it has another name, so
 * that whoever looks for a listener under the old one finds none.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #listener: Redis;
  readonly #beat: NodeJS.Timeout;
  readonly #mayLog = createLineLimit();
  #name: string | undefined;
  #subscribing = false;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#listener = options.connection.openListener(`inbox-${randomUUID()}`);
    this.#listener
      .on('ready', () => {
        this.#tend();
      })
      .on('close', () => {
        this.#lose();
      })
      .on('messageBuffer', (_channel: Buffer, message: Buffer) => {
        options.onMessage(message);
      });
    this.#beat = setInterval(() => {
      this.#tend();
    }, BEAT_MS).unref();
  }

  /** The channel, while Redis delivers what is sent to it. */
  name(): string | undefined {
    return this.#name;
  }

  /** Has it under another name, after a moment. */
  renew(): void {
    this.#lose();
    if (this.#listener.status === 'ready') this.#listener.disconnect(true);
  }

  close(): void {
    clearInterval(this.#beat);
    this.#listener.disconnect();
    this.#lose();
  }

  #tend(): void {
    if (this.#listener.status !== 'ready') return;
    if (this.#name !== undefined) void this.#ping();
    else if (!this.#subscribing) void this.#subscribe();
  }

  async #subscribe(): Promise<void> {
    this.#subscribing = true;
    const name = `${this.#options.prefix}:inbox:${randomUUID()}`;
    try {
      await this.#listener.subscribe(name);
      // Not if the connection has broken meanwhile.
      if (this.#listener.status === 'ready') this.#name = name;
    } catch (error) {
      this.#refused(replyKind(error));
    }
    this.#subscribing = false;
  }

  /** A connection can be gone without a sign. */
  async #ping(): Promise<void> {
    const name = this.#name;
    await within(this.#options.timeoutMs, this.#listener.ping()).catch(() => {
      if (this.#name === name) this.renew();
    });
  }

  #lose(): void {
    if (this.#name === undefined) return;
    this.#name = undefined;
    this.#options.onLost();
  }

  #refused(reason: string | undefined): void {
    const { log, connection } = this.#options;
    if (reason === undefined || !this.#mayLog(reason)) return;
    log.warn({ redis: connection.at, reason }, 'Redis refuses a channel: fetches are not shared with others');
  }
}
