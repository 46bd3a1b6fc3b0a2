import type { IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Express } from 'express';
import { isCallId } from '../calls/call-id.js';
import { checkScope, type Admit } from './admission.js';
import { NO_WISH } from './cache-control.js';
import { answerPreflight, isPreflight, type Cors } from './cors.js';
import type { Fail } from './failure.js';
import type { GatewayResponse } from './gateway-response.js';
import { isHealthPath } from './health-routes.js';
import type { LookupHandler } from './lookup-handler.js';
import { requestId } from './request-id.js';
import { setStandingHeaders } from './standing-headers.js';
import type { UnderWay } from './under-way.js';

interface FrontDoorParts {
  readonly app: Express;
  readonly admit: Admit;
  readonly cors: Cors;
  readonly handler: LookupHandler;
  /** Told of each request that has been answered or given up. */
  readonly ended: (request: IncomingMessage, response: GatewayResponse) => void;
  readonly fail: Fail;
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
 * Where every request comes in and is let in or not. The plain lookup, which is nearly all of the traffic, is answered
 * here, because Express costs more than the answer does; everything else is handed on to Express, whose route calls the
 * same handler.
 */
export function createFrontDoor({ app, admit, cors, handler, fail, underWay, ...parts }: FrontDoorParts) {
  const ended: FrontDoorParts['ended'] = (request, response) => {
    response.ms = performance.now() - response.startedAt;
    parts.ended(request, response);
  };

  const answerLookup = async (
    request: IncomingMessage,
    response: GatewayResponse,
    id: string,
    admitted?: Promise<void>,
  ) => {
    const { socket } = request;
    underWay.begin(socket, response);
    try {
      await admitted;
      checkScope(response, 'calls:read');
      // The caller may have left meanwhile.
      if (!response.destroyed) await handler.answer(request, response, id, NO_WISH);
    } catch (error) {
      fail(response, error);
    }
    underWay.end(socket, response);
    ended(request, response);
  };

  /** What needs no waiting for anything; false where nothing was answered. */
  const answerAtOnce = (request: IncomingMessage, response: GatewayResponse, id: string): boolean => {
    checkScope(response, 'calls:read');
    return handler.answerAtOnce(request, response, id);
  };

  const enterLookup = (request: IncomingMessage, response: GatewayResponse, id: string) => {
    try {
      const admitted = admit(request, response);
      if (admitted === undefined && answerAtOnce(request, response, id)) ended(request, response);
      else void answerLookup(request, response, id, admitted);
    } catch (error) {
      fail(response, error);
      ended(request, response);
    }
  };

  const enterExpress = async (request: IncomingMessage, response: GatewayResponse) => {
    const { socket } = request;
    underWay.begin(socket, response);
    response.once('close', () => {
      underWay.end(socket, response);
      ended(request, response);
    });
    try {
      // Without a key, as browsers ask in advance.
      if (isPreflight(request)) {
        answerPreflight(response);
        return;
      }
      if (!isHealthPath(request.url)) await admit(request, response);
      if (response.destroyed) return;
      setStandingHeaders(response);
      app(request, response);
    } catch (error) {
      fail(response, error);
    }
  };

  return (request: IncomingMessage, response: GatewayResponse): void => {
    response.begin(requestId(request.headers['x-request-id']));
    cors.begin(request, response);
    const id = plainId(request);
    if (id === undefined) void enterExpress(request, response);
    else enterLookup(request, response, id);
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
