import { createServer, IncomingMessage, type Server } from 'node:http';
import express, { type Express } from 'express';
import { answerClientError } from './client-error.js';
import { GatewayResponse } from './gateway-response.js';

export type HttpServer = Server<typeof IncomingMessage, typeof GatewayResponse>;

/** Longer than the idle time of the usual load balancers, so that it is they who close a connection. */
const KEEP_ALIVE_MS = 65_000;

/**
 * An HTTP server whose requests and responses have Express's methods from the start. Express otherwise changes the
 * prototype of each one that it sees, which makes it, and everything after it, several times slower.
 */
export function createHttpServer(
  app: Express,
  listener: (request: IncomingMessage, response: GatewayResponse) => void,
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
  const options = { IncomingMessage: Request, ServerResponse: Response, keepAliveTimeout: KEEP_ALIVE_MS };
  return createServer(options, listener).on('clientError', answerClientError);
}
