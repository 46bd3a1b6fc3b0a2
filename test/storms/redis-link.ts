import { RedisGuard } from '../../src/cache/redis/redis-guard.js';
import type { CallCache } from '../../src/calls/call-cache.js';
import type { EventLog } from '../../src/calls/event-log.js';
import type { Dice } from './dice.js';
import type { ScriptedRedis, Tracker } from './scripted-redis.js';
import type { VirtualTime } from './virtual-time.js';

/** While a store is well, no way to or from it takes longer; nor does the announcement of a change. */
export const WELL_WAY_MS = 5;
export const WELL_NEWS_MS = 10;

/** How the way to the store is at the moment. */
export interface Conditions {
  downUntil: number;
  frozenUntil: number;
  slowUntil: number;
  /** Until then some commands take effect, but their replies get lost or come too late. */
  lossyUntil: number;
  lateNewsUntil: number;
}

/** What `cache/tiered-cache.ts` offers the invalidation channel. */
export interface Tier {
  trust(): void;
  doubt(): void;
  forget(key: string): void;
  forgetAll(): void;
}

interface LinkOptions {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly redis: ScriptedRedis;
  readonly conditions: Conditions;
  readonly log: EventLog;
  readonly timeoutMs: number;
  /** For planted bugs. */
  readonly ping?: ((ping: () => Promise<unknown>) => () => Promise<unknown>) | undefined;
}

/** Delivers in the order of sending, however long each delivery would take by itself. */
class Lane {
  #last = -Infinity;

  constructor(private readonly time: VirtualTime) {}

  deliver(ms: number, run: () => void): void {
    this.#last = Math.max(this.#last, this.time.now + ms);
    this.time.at(this.#last, run);
  }
}

/** One process's two connections to the store: for commands, and for what the store announces. */
export class RedisLink {
  readonly guard: RedisGuard;
  readonly #options: LinkOptions;
  readonly #onDoubt: (() => void)[] = [];
  #commands: Connection | undefined;
  #news: Lane | undefined;
  #tier: Tier | undefined;
  /** Counts what could make a set-up of the tracking that is under way worthless. */
  #epoch = 0;
  #troubledAt = -Infinity;
  #dead = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { log, timeoutMs } = options;
    const ping = () => this.send(() => 'PONG');
    this.guard = new RedisGuard({ ping: options.ping?.(ping) ?? ping, timeoutMs, log, at: 'redis:6379' });
    this.guard.onChange((state) => {
      this.#troubled();
      if (state === 'up') this.#track();
      else this.#doubt();
    });
  }

  /** Begins to announce changes to it, as `cache/redis/invalidation-channel.ts` does. */
  keepTrue(tier: Tier): void {
    this.#tier = tier;
  }

  /** What is heard from the store cannot be relied on from now on. */
  onDoubt(listener: () => void): void {
    this.#onDoubt.push(listener);
  }

  /** As soon as the server is there. */
  connect(): void {
    const { time, conditions } = this.#options;
    if (time.now < conditions.downUntil) {
      time.at(conditions.downUntil, () => {
        this.connect();
      });
      return;
    }
    if (this.#dead) return;
    this.#commands ??= new Connection(time, (key) => {
      this.hear(() => {
        if (key === undefined) this.#tier?.forgetAll();
        else this.#tier?.forget(key);
      });
    });
    this.listen();
    this.guard.probe();
  }

  listen(): void {
    const down = this.#options.time.now < this.#options.conditions.downUntil;
    if (this.#dead || down || this.#news !== undefined) return;
    this.#news = new Lane(this.#options.time);
    this.#track();
  }

  /** Whether the connection for announcements is there. */
  hears(): boolean {
    return this.#news !== undefined;
  }

  /** The connection for announcements is gone, and what was on its way there. */
  deafen(): void {
    this.#news = undefined;
    this.#troubled();
    this.#doubt();
  }

  /** Both connections are gone. */
  drop(): void {
    this.deafen();
    const lost = this.#commands;
    this.#commands = undefined;
    if (lost !== undefined) {
      this.#options.redis.lose(lost);
      lost.fail();
    }
    this.guard.trip('disconnected');
  }

  die(): void {
    this.#dead = true;
    this.drop();
    this.guard.close();
  }

  /** Has the server run a command. Rejects when the connection breaks, or with what the command throws. */
  send<T>(command: (tracker: Tracker) => T): Promise<T> {
    const connection = this.#commands;
    if (connection === undefined) return Promise.reject(new Error('Connection is closed.'));
    return connection.track((resolve, reject) => {
      connection.there.deliver(this.#wayMs(), () => {
        this.#onceThawed(() => {
          const { time, dice, conditions } = this.#options;
          const intact = this.#commands === connection;
          // What was sent before the connection broke may arrive all the same.
          if (!intact && (time.now < conditions.downUntil || dice.chance(0.5))) return;
          let settle: () => void;
          try {
            const reply = command(connection);
            settle = () => {
              resolve(reply);
            };
          } catch (error) {
            settle = () => {
              reject(error);
            };
          }
          if (intact) this.#reply(connection, settle);
        });
      });
    });
  }

  /** To be called by the server: `run` happens here unless the connection is lost before. */
  hear(run: () => void): void {
    const news = this.#news;
    const { time, dice, conditions } = this.#options;
    const late = time.now < conditions.lateNewsUntil;
    if (late) this.#troubled();
    news?.deliver(dice.between(0.1, late ? 400 : WELL_NEWS_MS), () => {
      if (this.#news === news) run();
    });
  }

  /** Whether the store could be used as it should since then. */
  wellSince(at: number): boolean {
    return this.guard.state() === 'up' && this.#troubledAt < at;
  }

  #reply(connection: Connection, settle: () => void): void {
    const { time, dice, conditions } = this.#options;
    const lost = time.now < conditions.lossyUntil && dice.chance(0.4);
    if (lost && dice.chance(0.5)) {
      this.drop();
      time.after(dice.between(25, 300), () => {
        this.connect();
      });
      return;
    }
    if (lost) this.#troubled();
    connection.back.deliver(this.#wayMs() + (lost ? dice.between(50, 300) : 0), settle);
  }

  /** A frozen server reads what has come once it thaws, in order. */
  #onceThawed(run: () => void): void {
    const { time, conditions } = this.#options;
    if (time.now >= conditions.frozenUntil) {
      run();
      return;
    }
    this.#troubled();
    time.at(conditions.frozenUntil, () => {
      this.#troubled();
      run();
    });
  }

  #wayMs(): number {
    const { time, dice, conditions } = this.#options;
    if (time.now >= conditions.slowUntil) return dice.between(0.1, WELL_WAY_MS);
    this.#troubled();
    return dice.between(5, 60);
  }

  #track(): void {
    this.#doubt();
    const epoch = this.#epoch;
    if (this.#news === undefined) return;
    const tracking = this.guard.run('track', () =>
      this.send((tracker) => {
        this.#options.redis.track(tracker);
        return true;
      }),
    );
    void tracking.then((done) => {
      if (done === true && epoch === this.#epoch) this.#tier?.trust();
    });
  }

  #doubt(): void {
    this.#epoch += 1;
    this.#tier?.doubt();
    for (const listener of this.#onDoubt) listener();
  }

  #troubled(): void {
    this.#troubledAt = this.#options.time.now;
  }
}

class Connection implements Tracker {
  readonly there: Lane;
  readonly back: Lane;
  readonly #open = new Set<(error: Error) => void>();

  constructor(
    time: VirtualTime,
    readonly announce: (key: string | undefined) => void,
  ) {
    this.there = new Lane(time);
    this.back = new Lane(time);
  }

  track<T>(begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#open.add(reject);
      const settled = () => void this.#open.delete(reject);
      begin(
        (value) => {
          settled();
          resolve(value);
        },
        (error) => {
          settled();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  fail(): void {
    for (const reject of this.#open) reject(new Error('Connection is closed.'));
  }
}

/** The cache port over a link, as `cache/redis/redis-cache.ts` has it. */
export function createLinkedCache(link: RedisLink, redis: ScriptedRedis, gateway: string): CallCache {
  return {
    peek: () => undefined,
    get: (key) => link.guard.run('get', () => link.send((tracker) => redis.get(key, tracker))),
    put: async (key, entry) =>
      (await link.guard.run('put', () => link.send(() => redis.put(key, entry, gateway)))) ?? 'failed',
  };
}
