import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, ByteStream } from './answer.js';
import type { Fault } from './fault.js';
import { chunksOf, faultyAnswer } from './faulty-answer.js';

/** A response being written, and a signal for the end of its connection's interest in it. */
export interface Exchange {
  readonly res: ServerResponse;
  /** Aborts when the response is over, be it complete or not. */
  readonly closed: AbortSignal;
  /** Resolves when held answers may go on; rejects when the signal comes first. */
  readonly released: (signal: AbortSignal) => Promise<void>;
  /** Called before the simulator itself breaks the connection. */
  readonly willBreak: () => void;
}

/** Sends an answer with a fault (`{}` for none), honouring back-pressure. Rejects when the caller leaves before the end. */
export async function send(exchange: Exchange, answer: () => Promise<Answer>, fault: Fault): Promise<void> {
  const { res, closed, released, willBreak } = exchange;
  if (fault.delayMs !== undefined) await pause(fault.delayMs, undefined, { signal: closed });
  if (fault.held === true) await released(closed);
  if (fault.reset === true) {
    willBreak();
    res.socket?.resetAndDestroy();
    return;
  }
  if (fault.stall === 'headers') return;
  const shaped = faultyAnswer(await answer(), fault);
  writeHead(res, shaped, fault);
  if (hasNoBody(res)) {
    res.end();
    return;
  }
  const limit = fault.cutAfterBytes ?? (fault.stall === 'body' ? half(shaped.body) : Infinity);
  const chunks = firstBytes(chunksOf(shaped.body), limit);
  const rate = fault.dripBytesPerSecond;
  await write(exchange, rate === undefined ? chunks : dripping(chunks, rate, closed));
  if (fault.cutAfterBytes !== undefined) {
    willBreak();
    // Unlike destroy, it lets what has been written reach the caller first.
    res.socket?.destroySoon();
  } else if (fault.stall === undefined) {
    res.end();
  }
}

function writeHead(res: ServerResponse, { status, headers, body }: Answer, fault: Fault): void {
  res.statusCode = status;
  if (fault.chunked !== true && body.length !== undefined) res.setHeader('Content-Length', body.length);
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  res.flushHeaders();
}

function hasNoBody(res: ServerResponse): boolean {
  return res.req.method === 'HEAD' || res.statusCode === 204 || res.statusCode === 304;
}

function half(body: Buffer | ByteStream): number {
  return Math.floor((body.length ?? 0) / 2);
}

async function write({ res, closed }: Exchange, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) {
    closed.throwIfAborted();
    if (!res.write(chunk)) await once(res, 'drain', { signal: closed });
  }
}

async function* firstBytes(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  limit: number,
): AsyncGenerator<Buffer> {
  let left = limit;
  for await (const chunk of chunks) {
    if (left <= 0) return;
    yield chunk.subarray(0, left);
    left -= chunk.length;
  }
}

/** About ten pieces a second, or single bytes where that would be less than one byte. */
async function* dripping(
  chunks: AsyncIterable<Buffer>,
  rate: number,
  closed: AbortSignal,
): AsyncGenerator<Buffer> {
  const piece = Math.max(1, Math.floor(rate / 10));
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += piece) {
      yield chunk.subarray(at, at + piece);
      await pause((1000 * piece) / rate, undefined, { signal: closed });
    }
  }
}
