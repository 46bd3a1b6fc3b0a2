import type { AwaitedLease, CallLeases, HeldLease } from '../../calls/call-leases.js';
import type { EventLog } from '../../calls/event-log.js';
import { decodeEntry } from './entry-codec.js';
import { Inbox } from './inbox.js';
import { encodeOutcome } from './lease-message.js';
import { ANOTHERS, DEAF, OURS } from './lease-scripts.js';
import { LeaseWaits, type LeaseWait } from './lease-waits.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisGuard } from './redis-guard.js';

interface RedisLeasesOptions {
  readonly connection: RedisConnection;
  readonly guard: Pick<RedisGuard, 'run' | 'onChange'>;
  /** What the names of keys and channels begin with. */
  readonly prefix: string;
  /** How long a lease lasts if it is not given back: longer than any fetch. */
  readonly leaseMs: number;
  /** One Redis command's time limit. */
  readonly timeoutMs: number;
  readonly log: EventLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Leases at a Redis server, beside the entries that it holds. Each process has an inbox there, in which it hears what
 * came of the fetches that it waits for. An owner whose inbox is gone has lost its lease at once, and so has a process
 * that gave Redis up, whatever Redis may grant it later.
 */
export function createRedisLeases(options: RedisLeasesOptions): CallLeases & { close(): void } {
  return new RedisLeases(options);
}

class RedisLeases implements CallLeases {
  readonly #options: RedisLeasesOptions;
  readonly #inbox: Inbox;
  readonly #waits: LeaseWaits;

  constructor(options: RedisLeasesOptions) {
    this.#options = options;
    const { guard, connection, timeoutMs } = options;
    this.#waits = new LeaseWaits({
      check: (wait) => this.#check(wait),
      onBeat: () => void guard.run('ping', () => connection.client.ping()),
      beatMs: timeoutMs,
    });
    this.#inbox = new Inbox({
      ...options,
      onMessage: (message) => {
        this.#waits.tell(message);
      },
      onLost: () => {
        this.#waits.endAll();
      },
    });
    options.guard.onChange((state) => {
      if (state === 'down') this.#inbox.renew();
    });
  }

  async claim(key: string): Promise<HeldLease | AwaitedLease | undefined> {
    const inbox = this.#inbox.name();
    if (inbox === undefined) return undefined;
    // Before the claim is sent: the owner's message can overtake the reply, because it comes over another connection.
    const wait = this.#waits.begin(inbox, key);
    const { token } = wait;
    const reply = await this.#send(token, key);
    if (reply?.[0] === ANOTHERS) {
      wait.checkWithin(reply[1]);
      return { held: false, outcome: wait.outcome };
    }
    wait.end();
    if (reply?.[0] === DEAF && this.#inbox.name() === inbox) this.#inbox.renew();
    return reply?.[0] === OURS ? this.#held(token, key, reply[1]) : undefined;
  }

  close(): void {
    this.#inbox.close();
  }

  async #send(token: string, key: string) {
    const { guard, connection, leaseMs } = this.#options;
    let late = false;
    const reply = await guard.run('claim', async () => {
      const sent = await connection.client.claimLeaseBuffer(leaseKey(key), key, token, leaseMs);
      if (late && sent[0] === OURS) this.#giveBack(token, key);
      return sent;
    });
    late = true;
    return reply;
  }

  /** Past the guard, which lets nothing through: Redis has just answered, too late. */
  #giveBack(token: string, key: string): void {
    const { client } = this.#options.connection;
    client.endLease(leaseKey(key), token, encodeOutcome(key, undefined)).catch(() => undefined);
  }

  #held(token: string, key: string, bytes: Buffer | null): HeldLease {
    const { guard, connection, now } = this.#options;
    const kept = Buffer.isBuffer(bytes) ? decodeEntry(key, bytes) : undefined;
    return {
      held: true,
      kept: kept !== undefined && kept.usableUntil > now() ? kept : undefined,
      end(outcome) {
        void guard.run('end', () =>
          connection.client.endLease(leaseKey(key), token, encodeOutcome(key, outcome)),
        );
      },
    };
  }

  /** For how many milliseconds more it makes sense to wait. */
  async #check({ token, key }: LeaseWait): Promise<number> {
    const { guard, connection } = this.#options;
    const left = await guard.run('check', () => connection.client.checkLease(leaseKey(key), token));
    return left ?? 0;
  }
}

/**
 * In the same slot of a Cluster as the cache's key, which holds no braces; and beginning like it, so that an ACL that
 * allows the one allows the other.
 */
function leaseKey(key: string): string {
  return `${key}:lease:{${key}}`;
}
