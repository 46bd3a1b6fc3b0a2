import type { Duplex } from 'node:stream';
import { GatewayError } from '../errors.js';
import { problemBody } from './problem.js';
import { requestId } from './request-id.js';

/**
 * Answers what Node's parser refuses, before there is a request: not HTTP/1.1, headers too long or too slow. Fits the
 * server's `clientError` event.
 */
export function answerClientError(_error: Error, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { status, body } = problemBody(new GatewayError('invalid-parameter', DETAIL), requestId(undefined));
  const head = [
    `HTTP/1.1 ${status} Bad Request`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const DETAIL =
  'The request could not be read as HTTP/1.1; check its request line and that its headers are at most 16 KiB.';
