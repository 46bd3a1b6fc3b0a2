import { STATUS_CODES, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError } from '../errors.js';
import { problemBody } from './problem.js';
import { requestId } from './request-id.js';
import { SECURITY_HEADERS } from './standing-headers.js';

const DETAIL =
  'The request could not be read as HTTP/1.1; check its request line and that its headers are at most 16 KiB.';

/** For a client to read why. */
const LINGER_MS = 1_000;

/** A request that was refused before it was one. */
export interface ClientError {
  readonly requestId: string;
  readonly status: number;
  readonly address: string | undefined;
  /** Node's code for what is wrong. */
  readonly reason: string | undefined;
}

/**
 * Answers what Node's parser refuses, before there is a request: not HTTP/1.1, headers too long or too slow. Fits the
 * server's `clientError` event; `told` hears of each one that is answered.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  told: (it: ClientError) => void,
): void {
  if (!socket.writable || isMidAnswer(socket)) {
    socket.destroy();
    return;
  }
  const id = requestId(undefined);
  const { status, body } = problemBody(new GatewayError('invalid-parameter', DETAIL), id);
  told({ requestId: id, status, address: socket.remoteAddress, reason: error.code });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    ...pairs([...SECURITY_HEADERS, 'X-Request-Id', id]),
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Whoever keeps its own side open would keep the connection. Not at once, or a reset could overtake the answer.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function pairs(headers: readonly string[]): string[] {
  return headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1] ?? ''}`] : []));
}

/** Whether another answer has begun on the connection. Node's own handler asks the same member; there is no other. */
function isMidAnswer(socket: Socket): boolean {
  const current: unknown = Reflect.get(socket, '_httpMessage');
  return current instanceof ServerResponse && current.headersSent;
}
