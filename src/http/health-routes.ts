import express, { type Response, type Router } from 'express';
import type { Health } from './health.js';
import { readOnly } from './methods.js';

/** Whether the request is for one of these routes, which anybody may ask. */
export function isHealthPath(url = ''): boolean {
  return /^\/(?:healthz|readyz)(?:\?|$)/.test(url);
}

/**
 * `/healthz`: the process lives. `/readyz`: whether to send traffic here, and what is degraded. Both answer at once, also
 * a client that has half-closed its connection after the request.
 */
export function createHealthRoutes(health: () => Health): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  router.all('/healthz', readOnly('/healthz'), (_request, response) => {
    send(response, 200, { status: 'ok' });
  });
  router.all('/readyz', readOnly('/readyz'), (_request, response) => {
    const { code, body } = readiness(health());
    send(response, code, body);
  });
  return router;
}

/** What `/readyz` answers. */
export function readiness({ stopping, cache, upstream, workers }: Health): { code: number; body: object } {
  const missing = workers !== undefined && workers.up < workers.of;
  const degraded = cache === 'down' || upstream === 'failing' || missing;
  const status = stopping ? 'stopping' : degraded ? 'degraded' : 'ready';
  const redis = cache === 'memory' ? 'not-configured' : cache;
  return { code: stopping ? 503 : 200, body: { status, redis, upstream, workers } };
}

function send(response: Response, status: number, body: object): void {
  response.status(status).set('Cache-Control', 'no-store').json(body);
}
