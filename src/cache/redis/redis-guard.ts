import type { EventLog } from '../../calls/event-log.js';
import { createLineLimit } from '../../calls/line-limit.js';
import { DeadlineError, within } from './within.js';
import { replyKind } from './redis-errors.js';

export type RedisState = 'up' | 'down';

interface GuardOptions {
  /** Resolves when Redis answers; must reject when the connection breaks. */
  readonly ping: () => Promise<unknown>;
  /** One command's time limit. */
  readonly timeoutMs: number;
  readonly log: EventLog;
  /** Host and port, for the log. */
  readonly at: string;
  /** Called when a command went to the wrong master of a Cluster: what it asked for is elsewhere, or on its way there. */
  readonly onMoved?: (() => void) | undefined;
}

/** Replies after which no other command would fare better, PING included. */
const UNWELL = new Set(['LOADING', 'MASTERDOWN', 'BUSY', 'NOAUTH', 'CLUSTERDOWN']);

const MOVED = new Set(['MOVED', 'ASK', 'TRYAGAIN']);

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** Up for this long, the next trouble counts as a new one. */
const STEADY_MS = 10_000;

/**
 * Stands between the cache and Redis, so that an unwell Redis costs each request its time limit once at most: after
 * the first command that gets no answer in time Redis counts as down, and nothing is sent until a PING comes back in time.
 * Begins down: what is not connected yet is not waited for either.
 */
export class RedisGuard {
  readonly #options: GuardOptions;
  readonly #mayLog = createLineLimit();
  readonly #listeners: ((state: RedisState) => void)[] = [];
  #state: RedisState = 'down';
  /** Whether the log says that Redis is down, or says nothing of it yet. */
  #downLogged = true;
  #closed = false;
  #probing = false;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #upSince = -Infinity;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  state(): RedisState {
    return this.#state;
  }

  onChange(listener: (state: RedisState) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves when Redis is up, or after so many milliseconds. */
  async whenUp(withinMs: number): Promise<void> {
    if (this.#state === 'up') return;
    const up = new Promise<void>((resolve) => {
      this.onChange(() => {
        resolve();
      });
    });
    await within(withinMs, up).catch(() => undefined);
  }

  /** Runs a command; undefined while Redis is down and whenever the command fails. Never rejects. `name` is for the log. */
  async run<T>(name: string, command: () => Promise<T>): Promise<T | undefined> {
    if (this.#state === 'down') return undefined;
    try {
      return await within(this.#options.timeoutMs, command());
    } catch (error) {
      this.#judge(name, error);
      return undefined;
    }
  }

  /** Tries now whether Redis is well again, instead of at the next try. */
  probe(): void {
    if (this.#state === 'down' && !this.#probing && !this.#closed) void this.#probe();
  }

  /** Counts Redis as down until a PING comes back. */
  trip(reason: string): void {
    if (this.#state === 'down') return;
    const now = performance.now();
    this.#pauseMs =
      now - this.#upSince > STEADY_MS ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
    this.#become('down');
    if (this.#closed) return;
    const { log, at } = this.#options;
    this.#downLogged = this.#mayLog(reason);
    if (this.#downLogged) {
      log.warn({ redis: at, reason }, 'Redis is down; going on without it until it answers again');
    }
    this.#probeLater();
  }

  /** Down for good, and silent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.trip('closed');
  }

  #judge(command: string, error: unknown): void {
    const { log, at, onMoved } = this.#options;
    const kind = replyKind(error);
    if (kind === undefined) {
      this.trip(error instanceof DeadlineError ? 'timeout' : 'disconnected');
    } else if (UNWELL.has(kind)) {
      this.trip(kind);
    } else if (MOVED.has(kind) && onMoved !== undefined) {
      onMoved();
    } else if (this.#mayLog(`${command} ${kind}`)) {
      log.warn({ redis: at, command, reason: kind }, 'Redis refused a command');
    }
  }

  async #probe(): Promise<void> {
    clearTimeout(this.#timer);
    this.#probing = true;
    const begun = performance.now();
    // No time limit: while Redis is frozen one PING waits, instead of ever more of them.
    const answered = await this.#options.ping().then(
      () => true,
      () => false,
    );
    this.#probing = false;
    if (this.#closed) return;
    if (!answered || performance.now() - begun > this.#options.timeoutMs) {
      this.#probeLater();
      return;
    }
    this.#upSince = performance.now();
    this.#become('up');
    if (this.#downLogged) this.#options.log.info({ redis: this.#options.at }, 'Redis is up');
  }

  #probeLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.probe();
    }, this.#pauseMs);
  }

  #become(state: RedisState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
