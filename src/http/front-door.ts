import type { IncomingMessage } from 'node:http';
import type { Express } from 'express';
import { isCallId } from '../calls/call-id.js';
import { NO_WISH } from './cache-control.js';
import { createCors, isAllowedPreflight, sendPreflight } from './cors.js';
import type { GatewayResponse } from './gateway-response.js';
import type { Fail } from './failure.js';
import type { LookupHandler } from './lookup-handler.js';
import { requestId } from './request-id.js';
import type { RequestLog } from './request-log.js';
import type { UnderWay } from './under-way.js';

interface FrontDoorParts {
  readonly app: Express;
  readonly handler: LookupHandler;
  readonly requestLog: RequestLog;
  readonly fail: Fail;
  readonly corsOrigins: readonly string[];
  readonly underWay: UnderWay;
}

const PREFIX = '/calls/';
/** What nearly every client sends; the rest is for Express to negotiate. */
const PLAIN_ACCEPT: ReadonlySet<string | undefined> = new Set([
  undefined,
  '*/*',
  'application/json',
  'application/json, text/plain, */*',
]);

/**
 * Where every request comes in. The plain lookup, which is nearly all of the traffic, is answered here, because Express
 * costs more than the answer does; everything else is handed on to Express, whose route calls the same handler.
 */
export function createFrontDoor({ app, handler, requestLog, fail, corsOrigins, underWay }: FrontDoorParts) {
  const cors = createCors(corsOrigins);

  const answerAtOnce = (request: IncomingMessage, response: GatewayResponse, id: string): boolean => {
    try {
      return handler.answerAtOnce(request, response, id);
    } catch (error) {
      fail(response, error);
      return true;
    }
  };

  const answerLookup = async (request: IncomingMessage, response: GatewayResponse, id: string) => {
    const { socket } = request;
    underWay.begin(socket, response);
    try {
      await handler.answer(request, response, id, NO_WISH);
    } catch (error) {
      fail(response, error);
    }
    underWay.end(socket, response);
    requestLog(request, response);
  };

  const enterExpress = (request: IncomingMessage, response: GatewayResponse) => {
    const { socket } = request;
    underWay.begin(socket, response);
    response.setHeader('X-Request-Id', response.requestId);
    response.once('close', () => {
      underWay.end(socket, response);
      requestLog(request, response);
    });
    if (isAllowedPreflight(request, response)) sendPreflight(response);
    else app(request, response);
  };

  return (request: IncomingMessage, response: GatewayResponse): void => {
    response.startedAt = performance.now();
    response.requestId = requestId(request.headers['x-request-id']);
    cors(request, response);
    const id = plainId(request);
    if (id === undefined) enterExpress(request, response);
    else if (answerAtOnce(request, response, id)) requestLog(request, response);
    else void answerLookup(request, response, id);
  };
}

/** The id, if this is `GET` or `HEAD /calls/<valid id>` and carries nothing that could change the answer. */
function plainId({ method, url, headers }: IncomingMessage): string | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if (!url?.startsWith(PREFIX)) return undefined;
  if (headers['cache-control'] !== undefined || !PLAIN_ACCEPT.has(headers.accept)) return undefined;
  const id = url.slice(PREFIX.length);
  return isCallId(id) ? id : undefined;
}
