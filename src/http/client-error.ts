import { STATUS_CODES, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayError } from '../errors.js';
import { problemBody } from './problem.js';
import { requestId } from './request-id.js';

const DETAIL =
  'The request could not be read as HTTP/1.1; check its request line and that its headers are at most 16 KiB.';

/** For a client to read why. */
const LINGER_MS = 1_000;

/**
 * Answers what Node's parser refuses, before there is a request: not HTTP/1.1, headers too long or too slow. Fits the
 * server's `clientError` event.
 */
export function answerClientError(_error: Error, socket: Duplex): void {
  if (!socket.writable || isMidAnswer(socket)) {
    socket.destroy();
    return;
  }
  const id = requestId(undefined);
  const { status, body } = problemBody(new GatewayError('invalid-parameter', DETAIL), id);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${id}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Whoever keeps its own side open would keep the connection. Not at once, or a reset could overtake the answer.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** Whether another answer has begun on the connection. Node's own handler asks the same member; there is no other. */
function isMidAnswer(socket: Duplex): boolean {
  const current: unknown = Reflect.get(socket, '_httpMessage');
  return current instanceof ServerResponse && current.headersSent;
}
