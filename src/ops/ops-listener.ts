import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { EventLog } from '../calls/event-log.js';
import { createLineLimit } from '../calls/line-limit.js';
import { isLoopback } from '../config/fields.js';
import { Port } from '../http/connection-source.js';
import { createExpressApp } from '../http/express-app.js';
import { createFail } from '../http/failure.js';
import { ours } from '../http/gateway-response.js';
import { requestId } from '../http/request-id.js';
import { createHttpServer, type HttpServer } from '../http/server.js';
import { setStandingHeaders } from '../http/standing-headers.js';
import type { Operations } from './operations.js';
import { createOpsRoutes } from './ops-routes.js';
import { checkTrusted } from './trusted-request.js';

interface OpsListenerOptions {
  readonly host: string;
  /** Undefined: the usual one where it is free, otherwise none. */
  readonly port: number | undefined;
  readonly operations: Operations;
  readonly log: EventLog;
}

const USUAL_PORT = 9090;
/** How long answers may take that are under way when this stops. */
const CLOSE_WITHIN_MS = 500;

/** The operators' own port: nothing of it is reachable through the public one. */
export class OpsListener {
  readonly #server: HttpServer;

  constructor(private readonly options: OpsListenerOptions) {
    this.#server = createOpsServer(options);
  }

  /** Rejects where the port that was asked for cannot be had, with `address`, `port` and `variables` on the error. */
  async start(): Promise<void> {
    const { host, port: asked, log } = this.options;
    try {
      const port = await new Port(host, asked ?? USUAL_PORT).open(this.#server);
      log.info({ operators: `${host}:${port}` }, 'operators may ask');
      if (!isLoopback(host)) log.warn({ operators: `${host}:${port}` }, NO_KEY);
    } catch (error) {
      if (asked === undefined && isInUse(error)) {
        log.warn(
          { operators: `${host}:${USUAL_PORT}` },
          "Without the operators' listener: its port is in use; see OPS_PORT",
        );
        return;
      }
      throw Object.assign(error instanceof Error ? error : new Error(String(error)), {
        variables: 'OPS_HOST and OPS_PORT',
        address: host,
        port: asked ?? USUAL_PORT,
      });
    }
  }

  /** Ends all connections, those with an answer under way after half a second. Idempotent. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    await Promise.race([closed, setTimeout(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    this.#server.closeAllConnections();
    await closed;
  }
}

function createOpsServer({ host, operations, log }: OpsListenerOptions): HttpServer {
  const mayLog = createLineLimit();
  const onlyTrusted: RequestHandler = (request, response, next) => {
    try {
      checkTrusted(request, host);
    } catch (error) {
      const { method, socket } = request;
      const audit = { audit: 'operators', outcome: 'forbidden', requestId: ours(response).requestId };
      // A page that only looks around may do so a thousand times a second; who tries to change something leaves a line each.
      if (method !== 'GET' || mayLog('forbidden'))
        log.warn({ ...audit, method, address: socket.remoteAddress }, REFUSED);
      throw error;
    }
    next();
  };
  const app = createExpressApp({
    mount: (made) => made.use(onlyTrusted, createOpsRoutes({ operations, log })),
    nothingAt: () => NOTHING_HERE,
    fail: createFail(log),
  });
  return createHttpServer(app, (request, response) => {
    response.begin(requestId(request.headers['x-request-id']));
    setStandingHeaders(response);
    app(request, response);
  });
}

const NO_KEY =
  'OPS_HOST is not loopback, and operators are asked for no key: whoever reaches this port may read and purge';
const REFUSED =
  'A request to the operators was refused: a page in a browser may have sent it, or its Host is not known here';
const NOTHING_HERE =
  "This is the operators' listener: /metrics, /healthz, /readyz, /config, /cache/calls, /cache/calls/{id} and /debug/lookup/{id}.";

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
