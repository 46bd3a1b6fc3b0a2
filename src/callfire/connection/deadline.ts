import { GatewayError } from '../../errors.js';

/**
 * The one time limit over all that a fetch waits for, one thing after the other: its turn, an answer, a pause.
 * A single plain timer, because an AbortSignal for each request would cost as much as the request itself.
 */
export class Deadline {
  /** Set when the upstream has done its part: what comes after is our own work, and no fault of the upstream. */
  answered = false;
  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;
  #reason: GatewayError | undefined;
  #interrupt: ((reason: GatewayError) => void) | undefined;

  constructor(private readonly timeoutMs: number) {
    this.#endsAt = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => {
      this.end(timeout(timeoutMs));
    }, timeoutMs);
  }

  get remainingMs(): number {
    return this.#endsAt - performance.now();
  }

  /**
   * Waits until what `begin` starts calls `settle`. If the deadline ends before, calls what `begin` returned, which
   * must do no harm when it comes late, and rejects with the reason.
   */
  limit<T>(begin: (settle: (value: T) => void) => () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#reason !== undefined) {
        reject(this.#reason);
        return;
      }
      const abandon = begin(resolve);
      this.#interrupt = (reason) => {
        abandon();
        reject(reason);
      };
    });
  }

  /** Resolves after `ms`. */
  pause(ms: number): Promise<void> {
    return this.limit<undefined>((settle) => {
      const timer = setTimeout(settle, ms, undefined);
      return () => {
        clearTimeout(timer);
      };
    });
  }

  /** Throws the reason if the deadline has ended, or is about to in the same turn of the event loop. */
  throwIfOver(): void {
    if (this.remainingMs < 1) this.end(timeout(this.timeoutMs));
    if (this.#reason !== undefined) throw this.#reason;
  }

  /** Ends it before its time. */
  end(reason: GatewayError): void {
    this.#reason ??= reason;
    this.#interrupt?.(this.#reason);
  }

  /** To be called when the fetch is over, or the timer keeps running. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}

function timeout(timeoutMs: number): GatewayError {
  return new GatewayError(
    'upstream-timeout',
    `CallFire gave no complete answer within ${timeoutMs} milliseconds. Try again later.`,
  );
}
