import express, { type Response, type Router } from 'express';
import { readOnly } from './methods.js';

/** What the gateway depends on, as far as it knows at the moment. */
export interface Health {
  readonly stopping: boolean;
  /** `memory` where no Redis is configured. */
  readonly cache: 'up' | 'down' | 'memory';
  /** `failing` while the breaker is open. */
  readonly upstream: 'ok' | 'failing';
}

/** `/healthz`: the process lives. `/readyz`: whether to send traffic here, and what is degraded. */
export function createHealthRoutes(health: () => Health): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  router.all('/healthz', readOnly('/healthz'), (_request, response) => {
    send(response, 200, { status: 'ok' });
  });
  router.all('/readyz', readOnly('/readyz'), (_request, response) => {
    const { stopping, cache, upstream } = health();
    const degraded = cache === 'down' || upstream === 'failing';
    const status = stopping ? 'stopping' : degraded ? 'degraded' : 'ready';
    send(response, stopping ? 503 : 200, {
      status,
      redis: cache === 'memory' ? 'not-configured' : cache,
      upstream,
    });
  });
  return router;
}

function send(response: Response, status: number, body: object): void {
  response.status(status).set('Cache-Control', 'no-store').json(body);
}
