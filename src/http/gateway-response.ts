import { ServerResponse } from 'node:http';
import type { Caller } from '../access/caller.js';
import type { CacheOutcome } from '../calls/lookup-result.js';
import type { ErrorCode } from '../errors.js';
import type { Allowance } from '../limits/limits.js';
import type { ServedAccount } from './served-account.js';

/** A response together with what its log line and its problem body will say. */
export class GatewayResponse extends ServerResponse {
  /** Node's own: the status line and the headers as text, once they are written. */
  declare _header: string | null;
  requestId = '';
  /** Of the trace that the request is a part of, where there is tracing. */
  traceId: string | undefined = undefined;
  /** `performance.now()` when the request's headers were complete. */
  startedAt = 0;
  /** From then to the end of the answer, in milliseconds; known when that has come. */
  ms = 0;
  /** The pattern of the route that answered, never the path as sent. */
  route = '-';
  /** The origin that browsers may show the answer to, if any, and whether another one might be told otherwise. */
  allowOrigin: string | undefined = undefined;
  variesByOrigin = false;
  /** Who asks; undefined until that is known, and where nobody has to say. */
  caller: Caller | undefined = undefined;
  account: ServedAccount | undefined = undefined;
  /** What is left of the caller's limit, where there is one. */
  allowance: Allowance | undefined = undefined;
  /** Where a request that was refused came from. */
  address: string | undefined = undefined;
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
