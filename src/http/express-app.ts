import express, { type ErrorRequestHandler, type Express } from 'express';
import { GatewayError } from '../errors.js';
import type { Fail } from './failure.js';
import { ours } from './gateway-response.js';

interface ExpressAppParts {
  /** Adds what answers. */
  readonly mount: (app: Express) => void;
  /** Says to who asked for that path that nothing is there. */
  readonly nothingAt: (path: string) => string;
  readonly fail: Fail;
}

/** An Express application whose failures become problems; it does not listen. */
export function createExpressApp({ mount, nothingAt, fail }: ExpressAppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');
  mount(app);
  app.use(({ path }) => {
    throw new GatewayError('route-not-found', nothingAt(path));
  });
  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    fail(ours(response), error);
  };
  app.use(onError);
  return app;
}
