import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FetchTrace } from '../callfire/fetch-trace.js';
import type { CallCache } from '../calls/call-cache.js';
import type { CallSource } from '../calls/call-source.js';
import type { EventLog } from '../calls/event-log.js';
import type { GatewayResponse } from '../http/gateway-response.js';
import type { ServedAccount } from '../http/served-account.js';

export type OnRequest = (request: IncomingMessage, response: GatewayResponse) => void;

/**
 * Tells a collector what requests spend their time with. Each part of the gateway is given another in front of it that
 * measures. No span holds a call id, a number, a credential, or anything of a request but its method.
 */
export interface Tracing {
  /** In front of whatever takes requests in: opens the request's span, which is current from then on. */
  entered(then: OnRequest): OnRequest;
  /** In front of what is told of ended requests: closes the request's span. */
  ended(then: OnRequest): OnRequest;
  lookup(lookup: ServedAccount['lookup']): ServedAccount['lookup'];
  cache(cache: CallCache): CallCache;
  source(source: CallSource): CallSource;
  readonly fetchTrace: FetchTrace;
  passthrough<Request extends IncomingMessage, Response extends ServerResponse, Next>(
    handler: (request: Request, response: Response, next: Next) => unknown,
  ): (request: Request, response: Response, next: Next) => void;
  /** Sends what is left, within a second, or gives it up. */
  stop(): Promise<void>;
}

/** Opens it; the log is told where the collector cannot be reached. */
export type OpenTracing = (log: EventLog) => Tracing;
