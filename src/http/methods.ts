import type { RequestHandler } from 'express';
import { GatewayError } from '../errors.js';
import { ours } from './gateway-response.js';

/** Names the route for the log line and lets only `GET` and `HEAD` through. */
export function readOnly(route: string): RequestHandler {
  return (request, response, next) => {
    ours(response).route = route;
    if (request.method === 'GET' || request.method === 'HEAD') next();
    else next(methodNotAllowed(request.method));
  };
}

function methodNotAllowed(method: string): GatewayError {
  return new GatewayError('method-not-allowed', `${method} is not possible here; use GET or HEAD.`, {
    allow: 'GET, HEAD',
  });
}
