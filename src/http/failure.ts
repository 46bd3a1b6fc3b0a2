import type { EventLog } from '../calls/event-log.js';
import { GatewayError } from '../errors.js';
import type { GatewayResponse } from './gateway-response.js';
import { sendProblem } from './problem.js';

/** Answers a request that has failed. */
export type Fail = (response: GatewayResponse, thrown: unknown) => void;

/** Sends the problem body for whatever was thrown. Where the answer has begun already, the connection is cut instead. */
export function createFail(log: EventLog): Fail {
  return (response, thrown) => {
    const error = toGatewayError(thrown);
    if (error.code === 'internal-error') {
      const reason = thrown instanceof GatewayError ? (thrown.cause ?? thrown) : thrown;
      log.error({ requestId: response.requestId, error: describe(reason) }, 'internal error');
    }
    if (response.headersSent) response.destroy();
    else sendProblem(response, error, Date.now());
  };
}

/** What has no code is a bug of ours, and its text stays inside; but a path that Express cannot decode is the caller's. */
function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  if (thrown instanceof URIError) {
    return new GatewayError(
      'invalid-call-id',
      'The id in /calls/{id} holds a broken percent-escape; it must be a decimal.',
    );
  }
  return new GatewayError(
    'internal-error',
    'The gateway failed; its log has the reason under this request id.',
  );
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
