import type { IncomingMessage } from 'node:http';
import type { LookupWish } from '../calls/lookup-result.js';
import { sendCall } from './call-response.js';
import type { GatewayResponse } from './gateway-response.js';
import { sendProblem } from './problem.js';
import type { ServedAccount } from './served-account.js';

export const CALL_ROUTE = '/calls/:id';

/** Answers a lookup whose id is valid, on the account that the response names. */
export interface LookupHandler {
  /** From this process's memory, at once; false where nothing fresh is there and nothing was answered. */
  answerAtOnce(request: IncomingMessage, response: GatewayResponse, id: string): boolean;
  /** With whatever the lookup comes to. Rejects only for a bug. */
  answer(request: IncomingMessage, response: GatewayResponse, id: string, wish: LookupWish): Promise<void>;
}

export function createLookupHandler(now: () => number): LookupHandler {
  const remember = (response: GatewayResponse, id: string) => {
    response.route = CALL_ROUTE;
    response.callId = id;
  };
  return {
    answerAtOnce(request, response, id) {
      const entry = accountOf(response).lookup.peek(id);
      if (entry === undefined) return false;
      remember(response, id);
      response.cache = { kind: 'hit', freshUntil: entry.freshUntil };
      sendCall(request, response, entry, now());
      return true;
    },
    async answer(request, response, id, wish) {
      remember(response, id);
      const result = await accountOf(response).lookup.lookup(id, wish);
      response.cache = result.cache;
      response.upstreamMs = result.upstreamMs;
      if (response.destroyed) return;
      if ('entry' in result) sendCall(request, response, result.entry, now());
      else sendProblem(response, result.error, now());
    },
  };
}

function accountOf({ account }: GatewayResponse): ServedAccount {
  if (account === undefined) throw new TypeError('Only what was admitted is answered.');
  return account;
}
