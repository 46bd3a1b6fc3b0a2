import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import express, { type NextFunction, type Request, type Response } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { GatewayError } from '../../errors.js';
import { copyHeaders, forwardedHeaders } from './passthrough-headers.js';
import { Relay } from './passthrough-relay.js';
import { checkMethod, checkTarget } from './passthrough-request.js';
import { Slots } from './slots.js';
import { RequestCredentials, type UpstreamCredentials } from './upstream-credentials.js';

export interface PassthroughOptions {
  /** Where every request goes, whatever it says. */
  readonly baseUrl: URL;
  /** For the `Authorization` header that replaces the caller's. */
  readonly credentials: UpstreamCredentials;
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
  /** That many requests at once from now on; those under way go on. */
  resize(maxConcurrency: number): void;
  /** Resolves when no request is under way. */
  idle(): Promise<void>;
  /** Closes the upstream connections, also those in use. */
  close(): void;
}

/** One request under way. */
interface Exchange {
  readonly relay: Relay;
  readonly credentials: RequestCredentials;
}

/**
 * Forwards requests to `baseUrl` with the gateway's credentials; requests and answers are streamed and unconverted
 * (RFC 9110, 7.6). A request without a body that is answered 401 is sent once more with other credentials. Failures
 * before the answer has begun go to Express as `GatewayError`; after that the caller's connection is cut.
 */
export function createPassthrough(options: PassthroughOptions): Passthrough {
  const { baseUrl, timeoutMs, maxConcurrency } = options;
  const Agent = baseUrl.protocol === 'https:' ? HttpsAgent : HttpAgent;
  // The agent's timeout covers connecting, which the timeout of a request does not, and closes idle connections.
  const agent = new Agent({ keepAlive: true, maxSockets: maxConcurrency, timeout: timeoutMs });
  const slots = new Slots(maxConcurrency);
  const exchanges = new WeakMap<object, Exchange>();
  const answer = createAnswer(options);
  const proxy = createProxyMiddleware<Request, Response>({
    // As text: http-proxy would lose the path of a URL object. `toProxy` keeps it from rewriting the caller's path, and
    // `selfHandleResponse` from its own way to answer, which hangs if the upstream breaks off and overrules `Connection`.
    target: baseUrl.href,
    toProxy: true,
    selfHandleResponse: true,
    agent,
    on: {
      proxyReq: (upstream, _request, response) => {
        const relay = exchanges.get(response)?.relay;
        relay?.survive(() => {
          relay.connected(upstream);
        });
      },
      proxyRes: (received, request, response) => {
        const exchange = exchanges.get(response);
        if (exchange === undefined) received.destroy();
        else
          exchange.relay.survive(() => {
            answer(received, request, response, exchange);
          });
      },
      error: (error, _request, response) => {
        const relay = exchanges.get(response)?.relay;
        relay?.survive(() => {
          relay.broken(error);
        });
      },
    },
  });

  const router = express.Router();
  router.use((request: Request, response: Response, next: NextFunction) => {
    checkMethod(request, options.allowWrites);
    checkTarget(request.url);
    const credentials = new RequestCredentials(options.credentials, request.headers);
    request.headers = forwardedHeaders(request.headers);
    const send = (): void => {
      request.headers.authorization = credentials.authorization;
      void proxy(request, response, next);
    };
    const fail = (error: GatewayError): void => {
      options.report(error);
      next(error);
    };
    const relay = new Relay({ request, response, fail, send, slots, timeoutMs });
    exchanges.set(response, { relay, credentials });
    relay.start();
  });
  return {
    router,
    resize: (places) => {
      agent.maxSockets = places;
      slots.resize(places);
    },
    idle: () => slots.idle(),
    close: () => {
      agent.destroy();
    },
  };
}

type Answer = (received: IncomingMessage, request: Request, response: Response, exchange: Exchange) => void;

/** Decides what becomes of an upstream answer whose headers have arrived. */
function createAnswer({ baseUrl, containsSecret }: PassthroughOptions): Answer {
  return (received, request, response, exchange) => {
    const status = received.statusCode ?? 0;
    const { relay, credentials } = exchange;
    if (!relay.isOpen) {
      received.destroy();
      return;
    }
    if (credentials.shallSendAgain(status)) {
      // Not read to its end: that could take long, in a place that the next attempt needs.
      received.destroy();
      relay.sendAgain();
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
