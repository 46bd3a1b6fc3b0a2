import { ServerResponse } from 'node:http';
// The global of this name is looked up anew each time.
import { performance } from 'node:perf_hooks';
import type { Caller } from '../access/caller.js';
import type { CacheOutcome } from '../calls/lookup-result.js';
import type { ErrorCode } from '../errors.js';
import type { Allowance } from '../limits/limits.js';
import type { ServedAccount } from './served-account.js';

/**
 * A response together with what its log line and its problem body will say. Its fields are assigned in `begin`, not
 * initialized: V8 may take to defining initialized ones in its slow way, for as long as the process lives.
 */
export class GatewayResponse extends ServerResponse {
  /** Node's own: the status line and the headers as text, once they are written. */
  declare _header: string | null;
  declare requestId: string;
  /** Of the trace that the request is a part of, where there is tracing, which comes before `begin`. */
  declare traceId: string | undefined;
  /** `performance.now()` when the request's headers were complete. */
  declare startedAt: number;
  /** From then to the end of the answer, in milliseconds; known when that has come. */
  declare ms: number;
  /** The pattern of the route that answered, never the path as sent. */
  declare route: string;
  /** The origin that browsers may show the answer to, if any, and whether another one might be told otherwise. */
  declare allowOrigin: string | undefined;
  declare variesByOrigin: boolean;
  /** Who asks; undefined until that is known, and where nobody has to say. */
  declare caller: Caller | undefined;
  declare account: ServedAccount | undefined;
  /** What is left of the caller's limit, where there is one. */
  declare allowance: Allowance | undefined;
  /** Where a request that was refused came from. */
  declare address: string | undefined;
  declare callId: string | undefined;
  declare cache: CacheOutcome | undefined;
  declare upstreamMs: number | undefined;
  /** Of the problem that was sent. */
  declare code: ErrorCode | undefined;

  /** To be called before all else. */
  begin(requestId: string): void {
    this.requestId = requestId;
    this.startedAt = performance.now();
    this.ms = 0;
    this.route = '-';
    this.allowOrigin = undefined;
    this.variesByOrigin = false;
    this.caller = undefined;
    this.account = undefined;
    this.allowance = undefined;
    this.address = undefined;
    this.callId = undefined;
    this.cache = undefined;
    this.upstreamMs = undefined;
    this.code = undefined;
  }
}

/** The gateway's own response behind Express's type. */
export function ours(response: ServerResponse): GatewayResponse {
  if (response instanceof GatewayResponse) return response;
  throw new TypeError('The Express application runs only behind createHttpServer.');
}
