import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors.js';
import type { GatewayResponse } from './gateway-response.js';
import { methodNotAllowed } from './methods.js';
import { setStandingHeaders } from './standing-headers.js';

/** Exact origins, or `*` among them for every one. */
type Origins = ReadonlySet<string>;

interface CorsOptions {
  /** For callers that have none of their own. */
  readonly shared: Origins;
  /** All that any caller may use. */
  readonly all: () => Origins;
}

/** Decides who may read an answer (CORS, Fetch standard). There are no cookies, hence no credentials mode. */
export interface Cors {
  /** Before it is known who asks, and for preflights, which never say. */
  begin(request: IncomingMessage, response: GatewayResponse): void;
  /**
   * Now that it is known what origins the caller has. Throws `forbidden`, which a page at another origin cannot read,
   * where it has some and this is none of them.
   */
  narrow(own: Origins | undefined, request: IncomingMessage, response: GatewayResponse): void;
}

export function createCors({ shared, all }: CorsOptions): Cors {
  return {
    begin({ headers: { origin } }, response) {
      const origins = all();
      if (origins.size === 0) return;
      const any = origins.has('*');
      response.variesByOrigin = !any;
      if (any) response.allowOrigin = '*';
      else if (origin !== undefined && origins.has(origin)) response.allowOrigin = origin;
    },
    narrow(own, { headers: { origin } }, response) {
      if (origin === undefined) return;
      const origins = own ?? shared;
      if (origins.has(origin) || origins.has('*')) return;
      response.allowOrigin = undefined;
      if (own !== undefined) throw new GatewayError('forbidden', WRONG_ORIGIN);
    },
  };
}

const WRONG_ORIGIN = "The caller may not be used from this origin; ask the gateway's operator.";

/** Whether a browser asks in advance whether it may come. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

const READS = ['GET', 'HEAD'];

/** Pages may read, and nothing else. Throws `method-not-allowed` where the origin is not allowed. */
export function answerPreflight(response: GatewayResponse): void {
  if (response.allowOrigin === undefined) throw methodNotAllowed('OPTIONS', READS);
  setStandingHeaders(response);
  response.setHeader('Access-Control-Allow-Methods', READS.join(', '));
  response.setHeader(
    'Access-Control-Allow-Headers',
    'Authorization, Cache-Control, If-None-Match, Traceparent, Tracestate, X-API-Key, X-Request-Id',
  );
  response.setHeader('Access-Control-Max-Age', '600');
  response.writeHead(204).end();
}
