import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import { GatewayError } from '../../errors.js';
import type { Slots } from './slots.js';

interface RelayParts {
  readonly request: Request;
  readonly response: Response;
  /** Answers with a problem. */
  readonly fail: (error: GatewayError) => void;
  /** Sends the request upstream. */
  readonly send: () => void;
  readonly slots: Slots;
  readonly timeoutMs: number;
}

/** One request under way: it is answered once or fails once, and nothing of it outlives the caller's interest. */
export class Relay {
  #open = true;
  #retried = false;
  #upstream: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: RelayParts) {}

  /** Neither answered nor failed yet. */
  get isOpen(): boolean {
    return this.#open;
  }

  start(): void {
    const { request, response, send, slots, timeoutMs } = this.parts;
    const { socket } = request;
    if (socket.destroyed) return;
    if (slots.isFull) {
      this.fail(overloaded());
      return;
    }
    this.#timer = setTimeout(() => {
      this.fail(overloaded());
    }, timeoutMs);
    const leave = slots.enter(send);
    const end = (): void => {
      response.off('close', end);
      socket.off('close', end);
      this.#open = false;
      clearTimeout(this.#timer);
      this.#upstream?.destroy();
      request.unpipe().resume();
      leave();
    };
    // http-proxy notices a caller's leaving only while the request is being received, and a pipelined response that
    // waits for its turn does not notice it at all.
    response.once('close', end);
    socket.setMaxListeners(0).once('close', end);
  }

  /** The request has a connection, possibly not established yet. */
  connected(upstream: ClientRequest): void {
    clearTimeout(this.#timer);
    this.#upstream = upstream;
    if (!this.#open) upstream.destroy();
    upstream.setTimeout(this.parts.timeoutMs, () => {
      if (this.#open) upstream.destroy(timedOut());
      else this.#cut();
    });
  }

  /** The upstream request has failed; of no interest once there is an answer, whose own end tells. */
  broken(error: Error): void {
    if (!this.#open) return;
    if (this.#isStale(error)) {
      this.#retried = true;
      this.parts.send();
    } else {
      this.fail(error instanceof GatewayError ? error : unreachable(error));
    }
  }

  /** Instead of an answer, which the caller of this drops. */
  sendAgain(): void {
    this.parts.request.unpipe();
    this.parts.send();
  }

  fail(error: GatewayError): void {
    if (!this.#open) return;
    this.#open = false;
    this.parts.fail(error);
  }

  /** Does it. What it throws, which in an event would end the process, fails the request, or cuts an answer that has begun. */
  survive(act: () => void): void {
    try {
      act();
    } catch (cause) {
      if (!this.#open) this.#cut();
      else
        this.survive(() => {
          this.fail(broke(cause));
        });
    }
  }

  /** Streams the answer to the caller. */
  pass(answer: IncomingMessage): void {
    this.#open = false;
    answer.once('close', () => {
      if (!answer.complete) this.#cut();
    });
    answer.pipe(this.parts.response);
  }

  /** Ends the caller's connection with a reset, which shows also where the body's end is the connection's end. */
  #cut(): void {
    const { response } = this.parts;
    response.socket?.resetAndDestroy();
    response.destroy();
  }

  /** A kept connection that upstream closed at the moment of its next use; RFC 9112, 9.3.1 allows one more try. */
  #isStale(error: NodeJS.ErrnoException): boolean {
    const { method, headers } = this.parts.request;
    const isRead = (method === 'GET' || method === 'HEAD') && headers['content-length'] === undefined;
    const isReset = error.code === 'ECONNRESET' || error.code === 'EPIPE';
    return isRead && isReset && !this.#retried && this.#upstream?.reusedSocket === true;
  }
}

function broke(cause: unknown): GatewayError {
  const detail = 'The gateway failed; its log has the reason under this request id.';
  return new GatewayError('internal-error', detail, { cause });
}

function overloaded(): GatewayError {
  return new GatewayError('overloaded', 'Too many requests are under way to CallFire; try again later.', {
    retryAfterSeconds: 1,
  });
}

function timedOut(): GatewayError {
  return new GatewayError('upstream-timeout', 'CallFire did not answer in time; try again later.');
}

function unreachable(cause: Error): GatewayError {
  return new GatewayError('upstream-unreachable', 'CallFire cannot be reached; try again later.', { cause });
}
