import { createServer, IncomingMessage, type Server } from 'node:http';
import express, { type Express } from 'express';
import { Socket } from 'node:net';
import { answerClientError, type ClientError } from './client-error.js';
import { GatewayResponse } from './gateway-response.js';

export type HttpServer = Server<typeof IncomingMessage, typeof GatewayResponse>;

/** For how long a client may keep a connection busy without getting on, in milliseconds. */
export interface ClientPatience {
  /** From the connection, or the first byte of a further request, to the end of the headers. */
  readonly headersMs: number;
  /** To the end of the body: a long one may come slowly, but not without end. */
  readonly requestMs: number;
  /** Without a byte in either direction while an answer is under way: it is waited for, or nobody reads it. */
  readonly stillMs: number;
  /** How often Node looks for those who have taken longer. */
  readonly checkEveryMs: number;
}

/** `waitMs` is how long CallFire may be waited for: for a turn, for a connection and for an answer. */
export function patienceWith(waitMs: number): ClientPatience {
  const stillMs = 3 * waitMs + 60_000;
  return { headersMs: 20_000, requestMs: 300_000, stillMs, checkEveryMs: 5_000 };
}

interface ServerOptions {
  readonly patience?: ClientPatience;
  /** Told of each request that was refused before it was one. */
  readonly onClientError?: (error: ClientError) => void;
}

/** Longer than the idle time of the usual load balancers, so that it is they who close a connection. */
const KEEP_ALIVE_MS = 65_000;

/** Request line and headers together; what is longer is refused. */
const MAX_HEADER_BYTES = 16_384;

/**
 * An HTTP server whose requests and responses have Express's methods from the start. Express otherwise changes the
 * prototype of each one that it sees, which makes it, and everything after it, several times slower.
 */
export function createHttpServer(
  app: Express,
  listener: (request: IncomingMessage, response: GatewayResponse) => void,
  { patience = patienceWith(0), onClientError = () => undefined }: ServerOptions = {},
): HttpServer {
  class Request extends IncomingMessage {}
  class Response extends GatewayResponse {}
  Object.defineProperties(Request.prototype, {
    ...Object.getOwnPropertyDescriptors(express.request),
    app: { value: app },
  });
  Object.defineProperties(Response.prototype, {
    ...Object.getOwnPropertyDescriptors(express.response),
    app: { value: app },
  });
  Object.assign(app, { request: Request.prototype, response: Response.prototype });
  const options = {
    IncomingMessage: Request,
    ServerResponse: Response,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: patience.headersMs,
    requestTimeout: patience.requestMs,
    connectionsCheckingInterval: patience.checkEveryMs,
    maxHeaderSize: MAX_HEADER_BYTES,
    // A second Authorization would otherwise be dropped in silence; joined, the two are no credential.
    joinDuplicateHeaders: true,
  };
  const server = createServer(options, listener).on('clientError', (error, socket) => {
    // Node types it as any stream; a server without TLS has sockets.
    if (socket instanceof Socket) answerClientError(error, socket, onClientError);
    else socket.destroy();
  });
  // Without it Node keeps the first thousand headers and frames the body by those that it has dropped, too: the
  // passthrough would send a body upstream that looks like the next request. Their length is limited all the same.
  server.maxHeadersCount = 0;
  server.timeout = patience.stillMs;
  return server;
}
