import express, { type RequestHandler, type Router } from 'express';
import { isCallId } from '../calls/call-id.js';
import { GatewayError } from '../errors.js';
import { checkScope } from './admission.js';
import { lookupWish } from './cache-control.js';
import { ours } from './gateway-response.js';
import { CALL_ROUTE, type LookupHandler } from './lookup-handler.js';
import { readOnly } from './methods.js';

/** `GET` and `HEAD /calls/:id` with everything a request may carry; plain ones are answered in `front-door.ts`. */
export function createCallsRoute(handler: LookupHandler): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  const answer: RequestHandler<{ id: string }> = async (request, response) => {
    checkScope(ours(response), 'calls:read');
    const { id } = request.params;
    if (!isCallId(id)) throw new GatewayError('invalid-call-id', INVALID_ID);
    const [parameter] = Object.keys(request.query);
    if (parameter !== undefined) throw unknownParameter(parameter);
    // With its charset, or an Accept header that names the charset would be refused.
    if (request.accepts('application/json; charset=utf-8') === false)
      throw new GatewayError('not-acceptable', NOT_ACCEPTABLE);
    await handler.answer(request, ours(response), id, lookupWish(request.headers['cache-control']));
  };
  router.all(CALL_ROUTE, readOnly(CALL_ROUTE), answer);
  return router;
}

const INVALID_ID =
  'The id in /calls/{id} must be a decimal from 1 to 9223372036854775807, without sign or leading zero.';
const NOT_ACCEPTABLE =
  'A call is answered as application/json only; send an Accept header that allows it, or none.';

function unknownParameter(name: string): GatewayError {
  const shown = JSON.stringify(name.slice(0, 50));
  const detail = `GET /calls/{id} takes no query parameters; remove ${shown}. To have a call fetched again, send "Cache-Control: no-cache".`;
  return new GatewayError('invalid-parameter', detail);
}
