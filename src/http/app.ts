import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from 'express';
import { GatewayError } from '../errors.js';
import { ours } from './gateway-response.js';
import type { Fail } from './failure.js';

export const PASSTHROUGH_PREFIX = '/api/1.1/rest';

interface AppParts {
  readonly routes: readonly Router[];
  /** Undefined where the passthrough is switched off. */
  readonly passthrough: RequestHandler | undefined;
  readonly fail: Fail;
}

/** Assembles the Express application; it does not listen. */
export function createApp({ routes, passthrough, fail }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  for (const route of routes) app.use(route);
  if (passthrough !== undefined) {
    app.use(PASSTHROUGH_PREFIX, (request, response, next) => {
      ours(response).route = `${PASSTHROUGH_PREFIX}/**`;
      passthrough(request, response, next);
    });
  }
  app.use((request) => {
    throw new GatewayError(
      'route-not-found',
      `There is nothing at ${shown(request.path)}; calls are at /calls/{id}.`,
    );
  });
  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    fail(ours(response), error);
  };
  app.use(onError);
  return app;
}

function shown(path: string): string {
  return JSON.stringify(path.length > 100 ? `${path.slice(0, 100)}…` : path);
}
