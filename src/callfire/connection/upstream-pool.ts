import { setMaxListeners } from 'node:events';
import { Pool, type Dispatcher } from 'undici';

interface PoolOptions {
  readonly origin: string;
  /** How many at most. */
  readonly connections: number;
  /** In milliseconds. */
  readonly connectWithinMs: number;
}

/** Connections to one origin. */
export class UpstreamPool {
  readonly #options: PoolOptions;
  readonly #closing = new AbortController();
  /** With requests under way that began before the last `resize`. */
  readonly #leaving = new Set<Pool>();
  #current: Pool;

  constructor(options: PoolOptions) {
    this.#options = options;
    setMaxListeners(0, this.#closing.signal);
    this.#current = this.#open(options.connections);
  }

  /** Sends what is sent now. */
  get dispatcher(): Dispatcher {
    return this.#current;
  }

  /** That many at most from now on, all of them new, as undici cannot change a pool. Requests under way end where they are. */
  resize(connections: number): void {
    const before = this.#current;
    this.#current = this.#open(connections);
    this.#leaving.add(before);
    const left = () => void this.#leaving.delete(before);
    before.close().then(left, left);
  }

  /** Ends every connection at once, with what is under way. */
  async destroy(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#current, ...this.#leaving].map((pool) => pool.destroy()));
  }

  #open(connections: number): Pool {
    return new Pool(this.#options.origin, {
      connections,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      // The signal reaches connections that are still being made, which destroy() leaves alone.
      connect: { timeout: this.#options.connectWithinMs, signal: this.#closing.signal },
    });
  }
}
