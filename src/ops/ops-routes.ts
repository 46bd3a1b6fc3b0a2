import express, { type Request, type Response, type Router } from 'express';
import { isCallId } from '../calls/call-id.js';
import type { EventLog } from '../calls/event-log.js';
import { GatewayError } from '../errors.js';
import { ours } from '../http/gateway-response.js';
import { readiness } from '../http/health-routes.js';
import { onlyMethods, readOnly } from '../http/methods.js';
import type { Operations } from './operations.js';

interface RouteOptions {
  readonly operations: Operations;
  readonly log: EventLog;
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Everything that operators can ask for. */
export function createOpsRoutes({ operations, log }: RouteOptions): Router {
  const router = express.Router({ caseSensitive: true, strict: true });

  router.all('/healthz', readOnly('/healthz'), (_request, response) => {
    send(response, { status: 'ok' });
  });
  router.all('/readyz', readOnly('/readyz'), async (_request, response) => {
    const health = await operations.health();
    const { code, body } = readiness(health);
    send(response, { ...body, accounts: health.accounts, reload: health.reload ?? null }, code);
  });
  router.all('/metrics', readOnly('/metrics'), async (_request, response) => {
    response.set('Content-Type', METRICS_TYPE).set('Cache-Control', 'no-store');
    response.end(await operations.metrics());
  });
  router.all('/config', readOnly('/config'), async (_request, response) => {
    send(response, await operations.config());
  });
  router.all('/debug/lookup/:id', readOnly('/debug/lookup/:id'), async (request, response) => {
    send(response, await operations.explain({ account: accountIn(request), id: idIn(request) }));
  });

  const purge = async (request: Request, response: Response, id: string | undefined) => {
    const account = accountIn(request);
    const who = {
      by: 'operator',
      address: request.socket.remoteAddress,
      requestId: ours(response).requestId,
    };
    const audit = { audit: 'purge', account: account?.slice(0, 64), callId: id };
    try {
      const report = await operations.purge({ account, id });
      const outcome = { account: report.account, outcome: 'done', removed: report.removed };
      log.info({ ...audit, ...outcome, ...who }, 'What was kept has been purged');
      send(response, { ...report, ...(id !== undefined && { id }) });
    } catch (error) {
      const outcome = error instanceof GatewayError ? error.code : 'internal-error';
      const [first, ...others] = (await operations.health()).accounts;
      const meant = audit.account ?? (others.length === 0 ? first?.name : undefined);
      log.warn({ ...audit, account: meant, outcome, ...who }, NOT_PURGED);
      throw error;
    }
  };
  const one = '/cache/calls/:id';
  router.all(one, onlyMethods(one, ['GET', 'HEAD', 'DELETE']), async (request, response) => {
    const id = idIn(request);
    if (request.method === 'DELETE') await purge(request, response, id);
    else send(response, await operations.inspect({ account: accountIn(request), id }));
  });
  const all = '/cache/calls';
  router.all(all, onlyMethods(all, ['DELETE']), (request, response) => purge(request, response, undefined));
  return router;
}

const NOT_PURGED = 'What was kept has not been purged, or not all of it';

function send(response: Response, body: object, status = 200): void {
  response.status(status).set('Cache-Control', 'no-store').json(body);
}

function idIn({ params }: Request): string {
  const { id } = params;
  if (typeof id === 'string' && isCallId(id)) return id;
  throw new GatewayError('invalid-call-id', INVALID_ID);
}

const INVALID_ID = 'A call id is a decimal from 1 to 9223372036854775807, without sign or leading zero.';

function accountIn({ query }: Request): string | undefined {
  const other = Object.keys(query).find((name) => name !== 'account');
  const { account } = query;
  if (other === undefined && (account === undefined || typeof account === 'string')) return account;
  throw new GatewayError(
    'invalid-parameter',
    'The one query parameter is account, given once or not at all.',
  );
}
