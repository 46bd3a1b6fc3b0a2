import { ServerResponse } from 'node:http';
import type { CacheOutcome } from '../calls/lookup-result.js';
import type { ErrorCode } from '../errors.js';

/** A response together with what its log line and its problem body will say. */
export class GatewayResponse extends ServerResponse {
  requestId = '';
  /** `performance.now()` when the request's headers were complete. */
  startedAt = 0;
  /** The pattern of the route that answered, never the path as sent. */
  route = '-';
  callId: string | undefined = undefined;
  cache: CacheOutcome | undefined = undefined;
  upstreamMs: number | undefined = undefined;
  /** Of the problem that was sent. */
  code: ErrorCode | undefined = undefined;
}

/** The gateway's own response behind Express's type. */
export function ours(response: ServerResponse): GatewayResponse {
  if (response instanceof GatewayResponse) return response;
  throw new TypeError('The Express application runs only behind createHttpServer.');
}
