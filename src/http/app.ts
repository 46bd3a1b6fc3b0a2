import type { Express, RequestHandler, Router } from 'express';
import { GatewayError } from '../errors.js';
import { checkScope } from './admission.js';
import { createExpressApp } from './express-app.js';
import type { Fail } from './failure.js';
import { ours } from './gateway-response.js';
import { PASSTHROUGH_PREFIX } from './passthrough-prefix.js';

interface AppParts {
  readonly routes: readonly Router[];
  readonly fail: Fail;
}

/** The public port's application. */
export function createApp({ routes, fail }: AppParts): Express {
  return createExpressApp({
    mount: (app) => {
      for (const route of routes) app.use(route);
      app.use(PASSTHROUGH_PREFIX, passThrough);
    },
    nothingAt: (path) => `There is nothing at ${shown(path)}; calls are at /calls/{id}.`,
    fail,
  });
}

/** Through the account of the caller, if it may and the passthrough is there at all. */
const passThrough: RequestHandler = (request, response, next) => {
  const { account, allowOrigin } = ours(response);
  if (account?.passthrough === undefined) {
    next();
    return;
  }
  ours(response).route = `${PASSTHROUGH_PREFIX}/**`;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  checkScope(ours(response), isRead ? 'passthrough:read' : 'passthrough:write');
  // A page sends forms anywhere unasked, with the password that its browser remembers.
  if (!isRead && request.headers.origin !== undefined && allowOrigin === undefined)
    throw new GatewayError(
      'forbidden',
      'Pages of this origin may not write; CORS_ORIGINS names those that may.',
    );
  account.passthrough(request, response, next);
};

function shown(path: string): string {
  return JSON.stringify(path.length > 100 ? `${path.slice(0, 100)}…` : path);
}
