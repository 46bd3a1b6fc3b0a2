import type { RequestHandler } from 'express';
import { GatewayError } from '../errors.js';
import { ours } from './gateway-response.js';

/** Names the route for the log line and lets only `GET` and `HEAD` through. */
export function readOnly(route: string): RequestHandler {
  return onlyMethods(route, ['GET', 'HEAD']);
}

/** Names the route for the log line and lets only these methods through. */
export function onlyMethods(route: string, methods: readonly string[]): RequestHandler {
  return (request, response, next) => {
    ours(response).route = route;
    if (methods.includes(request.method)) next();
    else next(methodNotAllowed(request.method, methods));
  };
}

/** Names the methods that are possible. */
export function methodNotAllowed(method: string, methods: readonly string[]): GatewayError {
  const use = `${methods.slice(0, -1).join(', ')}${methods.length > 1 ? ' or ' : ''}${methods.at(-1) ?? ''}`;
  return new GatewayError('method-not-allowed', `${method} is not possible here; use ${use}.`, {
    allow: methods.join(', '),
  });
}
