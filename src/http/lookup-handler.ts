import type { IncomingMessage } from 'node:http';
import type { CallEntry } from '../calls/call-entry.js';
import type { LookupResult, LookupWish } from '../calls/lookup-result.js';
import { sendCall } from './call-response.js';
import type { GatewayResponse } from './gateway-response.js';
import { sendProblem } from './problem.js';

export const CALL_ROUTE = '/calls/:id';

/** What this room needs of `calls/lookup.ts`. */
interface Lookup {
  peek(id: string): CallEntry | undefined;
  lookup(id: string, wish: LookupWish): Promise<LookupResult>;
}

/** Answers a lookup whose id is valid. */
export interface LookupHandler {
  /** From this process's memory, at once; false where nothing fresh is there and nothing was answered. */
  answerAtOnce(request: IncomingMessage, response: GatewayResponse, id: string): boolean;
  /** With whatever the lookup comes to. Rejects only for a bug. */
  answer(request: IncomingMessage, response: GatewayResponse, id: string, wish: LookupWish): Promise<void>;
}

export function createLookupHandler(lookup: Lookup, now: () => number): LookupHandler {
  const remember = (response: GatewayResponse, id: string) => {
    response.route = CALL_ROUTE;
    response.callId = id;
  };
  return {
    answerAtOnce(request, response, id) {
      const entry = lookup.peek(id);
      if (entry === undefined) return false;
      remember(response, id);
      response.cache = { kind: 'hit', freshUntil: entry.freshUntil };
      sendCall(request, response, entry, now());
      return true;
    },
    async answer(request, response, id, wish) {
      remember(response, id);
      const result = await lookup.lookup(id, wish);
      response.cache = result.cache;
      response.upstreamMs = result.upstreamMs;
      if (response.destroyed) return;
      if ('entry' in result) sendCall(request, response, result.entry, now());
      else sendProblem(response, result.error, now());
    },
  };
}
