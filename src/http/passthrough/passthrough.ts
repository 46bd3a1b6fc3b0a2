import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import express, { type NextFunction, type Request, type Response } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { GatewayError } from '../../errors.js';
import { copyHeaders, forwardedHeaders } from './passthrough-headers.js';
import { Relay } from './passthrough-relay.js';
import { checkMethod, checkTarget } from './passthrough-request.js';
import { Slots } from './slots.js';

export interface PassthroughOptions {
  /** Where every request goes, whatever it says. */
  readonly baseUrl: URL;
  /** The `Authorization` header that replaces the caller's. */
  readonly authorization: string;
  /** Upstream headers for which it answers true are dropped. */
  readonly containsSecret: (text: string) => boolean;
  /** Also lets POST, PUT and DELETE through. */
  readonly allowWrites: boolean;
  /** How long a request may wait without progress: for its turn, to connect, for the answer, between parts of a body. */
  readonly timeoutMs: number;
  /** How many requests are under way upstream at once; the others wait their turn. */
  readonly maxConcurrency: number;
  /** Told of each request that CallFire fails. */
  readonly report: (error: GatewayError) => void;
}

export interface Passthrough {
  /** To be mounted at the path that stands for `baseUrl`. */
  readonly router: express.Router;
  /** Closes the upstream connections, also those in use. */
  close(): void;
}

/**
 * Forwards requests to `baseUrl` with the gateway's credentials; requests and answers are streamed and unconverted
 * (RFC 9110, 7.6). Failures before the answer has begun go to Express as `GatewayError`; after that the caller's
 * connection is cut.
 */
export function createPassthrough(options: PassthroughOptions): Passthrough {
  const { baseUrl, timeoutMs, maxConcurrency } = options;
  const Agent = baseUrl.protocol === 'https:' ? HttpsAgent : HttpAgent;
  // The agent's timeout covers connecting, which the timeout of a request does not, and closes idle connections.
  const agent = new Agent({ keepAlive: true, maxSockets: maxConcurrency, timeout: timeoutMs });
  const slots = new Slots(maxConcurrency);
  const relays = new WeakMap<object, Relay>();
  const answer = createAnswer(options);
  const proxy = createProxyMiddleware<Request, Response>({
    // As text: http-proxy would lose the path of a URL object. `toProxy` keeps it from rewriting the caller's path, and
    // `selfHandleResponse` from its own way to answer, which hangs if the upstream breaks off and overrules `Connection`.
    target: baseUrl.href,
    toProxy: true,
    selfHandleResponse: true,
    agent,
    on: {
      proxyReq: (upstream, _request, response) => relays.get(response)?.connected(upstream),
      proxyRes: (received, request, response) => {
        answer(received, request, response, relays.get(response));
      },
      error: (error, _request, response) => relays.get(response)?.broken(error),
    },
  });

  const router = express.Router();
  router.use((request: Request, response: Response, next: NextFunction) => {
    checkMethod(request, options.allowWrites);
    checkTarget(request.url);
    request.headers = forwardedHeaders(request.headers, options.authorization);
    const send = (): void => void proxy(request, response, next);
    const fail = (error: GatewayError): void => {
      options.report(error);
      next(error);
    };
    const relay = new Relay({ request, response, fail, send, slots, timeoutMs });
    relays.set(response, relay);
    relay.start();
  });
  return {
    router,
    close: () => {
      agent.destroy();
    },
  };
}

type Answer = (received: IncomingMessage, request: Request, response: Response, relay?: Relay) => void;

/** Decides what becomes of an upstream answer whose headers have arrived. */
function createAnswer({ baseUrl, containsSecret }: PassthroughOptions): Answer {
  return (received, request, response, relay) => {
    const status = received.statusCode ?? 0;
    if (relay?.isOpen !== true) {
      received.destroy();
    } else if (status === 401 || status === 403) {
      received.resume();
      relay.fail(credentialsRejected(status));
    } else if (status < 200 || status > 599) {
      received.destroy();
      relay.fail(
        new GatewayError(
          'upstream-invalid-response',
          'CallFire answered with a status that HTTP does not know.',
        ),
      );
    } else {
      // Not the reason phrase: a control character in it, which Node's parser lets in, would throw on the way out.
      response.statusCode = status;
      copyHeaders(received, response, { baseUrl, mountedAt: request.baseUrl, containsSecret });
      relay.pass(received);
    }
  };
}

function credentialsRejected(status: number): GatewayError {
  return new GatewayError(
    'upstream-credentials-rejected',
    "CallFire rejected the gateway's own credentials; tell its operator.",
    { upstream: { status, message: null } },
  );
}
