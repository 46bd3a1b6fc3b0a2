import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Caller, Scope } from '../access/caller.js';
import { GatewayError } from '../errors.js';
import type { Allowance, Limits } from '../limits/limits.js';
import type { Cors } from './cors.js';
import type { GatewayResponse } from './gateway-response.js';
import type { ServedAccount } from './served-account.js';

interface AdmissionParts {
  /** Who sends these headers. Throws or rejects with `unauthenticated`, among others. */
  readonly identify: (headers: IncomingHttpHeaders) => Caller | Promise<Caller>;
  readonly account: (name: string) => ServedAccount | undefined;
  readonly limits: Limits;
  readonly cors: Cors;
  /** Counts requests of an address that were refused. */
  readonly strangers: { refuse(address: string): Allowance };
  readonly addressOf: (request: IncomingMessage) => string;
  /** What addresses are told apart by. */
  readonly limitKey: (address: string) => string;
}

/**
 * Lets a request in, and notes on the response who asks and on which account: at once, or in a promise where something
 * must be waited for. Throws or rejects with a `GatewayError` where it does not.
 */
export type Admit = (request: IncomingMessage, response: GatewayResponse) => Promise<void> | undefined;

export function createAdmission(parts: AdmissionParts): Admit {
  const { identify, account, limits, cors } = parts;

  const enter = (request: IncomingMessage, response: GatewayResponse, caller: Caller) => {
    response.caller = caller;
    cors.narrow(caller.origins, request, response);
    response.account = account(caller.account);
    if (response.account === undefined) throw new GatewayError('forbidden', NO_ACCOUNT);
    if (caller.limit === undefined) return undefined;
    const allowance = limits.take(caller.name, caller.limit, response.startedAt);
    if (!(allowance instanceof Promise)) {
      heed(allowance, response);
      return undefined;
    }
    return allowance.then((later) => {
      heed(later, response);
    });
  };

  return (request, response) => {
    try {
      const caller = identify(request.headers);
      const waiting =
        caller instanceof Promise
          ? caller.then((known) => enter(request, response, known))
          : enter(request, response, caller);
      return waiting?.catch((error: unknown) => {
        throw refusal(parts, error, request, response);
      });
    } catch (error) {
      throw refusal(parts, error, request, response);
    }
  };
}

/** Throws `forbidden` unless the caller may do that. */
export function checkScope({ caller }: GatewayResponse, scope: Scope): void {
  if (caller?.scopes.has(scope) === true) return;
  throw new GatewayError('forbidden', `This needs the scope ${scope}; ask the gateway's operator for it.`);
}

const NO_ACCOUNT = "The account that this is for is not served here; ask the gateway's operator.";

function heed(allowance: Allowance, response: GatewayResponse): void {
  response.allowance = allowance;
  if (allowance.granted) return;
  const { requests, seconds } = allowance.limit;
  const detail = `More than ${requests} requests in ${seconds} seconds. Try again after the time in Retry-After.`;
  throw new GatewayError('rate-limited', detail, { retryAfterSeconds: allowance.resetSeconds });
}

/**
 * What a refused request is told. Only those that did not say who they are count against their address: a valid key is
 * never refused for what others at its address did.
 */
function refusal(
  { strangers, addressOf, limitKey }: AdmissionParts,
  error: unknown,
  request: IncomingMessage,
  response: GatewayResponse,
): unknown {
  response.address = addressOf(request);
  if (!(error instanceof GatewayError) || error.code !== 'unauthenticated') return error;
  try {
    heed(strangers.refuse(limitKey(response.address)), response);
  } catch (tooMany) {
    return tooMany;
  }
  response.allowance = undefined;
  return error;
}
