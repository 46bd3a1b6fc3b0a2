import { once } from 'node:events';
import { createServer, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Caller } from '../../../src/access/caller.js';
import { GatewayResponse } from '../../../src/http/gateway-response.js';
import { openTracing } from '../../../src/tracing/open-tracing.js';
import type { OnRequest } from '../../../src/tracing/tracing.js';
import { startCollector, type Collector, type CollectedSpan } from '../../support/collector.js';
import { get } from '../../support/gateway.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const caller: Caller = {
  kind: 'key',
  name: 'web',
  account: 'north',
  scopes: new Set(),
  limit: undefined,
  origins: undefined,
};

let collector: Collector;

beforeEach(async () => {
  collector = await startCollector();
});

afterEach(() => collector.close());

/** The span of one request that is answered so. */
async function spanOf(answer: (response: GatewayResponse) => void): Promise<CollectedSpan | undefined> {
  const options = { endpoint: new URL(collector.url), headers: {}, serviceName: 'test', share: 1 };
  const tracing = openTracing(options, silent);
  const ended = tracing.ended(() => undefined);
  const onRequest: OnRequest = (request, response) => {
    response.once('close', () => {
      ended(request, response);
    });
    answer(response);
  };
  const server = createServer(
    { IncomingMessage, ServerResponse: GatewayResponse },
    tracing.entered(onRequest),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await get(`http://127.0.0.1:${port}/`).catch(() => undefined);
  server.close();
  await once(server, 'close');
  await tracing.stop();
  return collector.spans[0];
}

describe('the span of a request', () => {
  it('names the consumer and the account', async () => {
    const span = await spanOf((response) => {
      response.caller = caller;
      response.end();
    });
    expect(span?.attributes).toMatchObject({
      'callfire_gateway.account': 'north',
      'callfire_gateway.consumer': 'web',
    });
  });

  it('does not tell the subject of a token', async () => {
    const span = await spanOf((response) => {
      response.caller = { ...caller, kind: 'token', name: '15005550006' };
      response.end();
    });
    expect(span?.attributes['callfire_gateway.consumer']).toBe('token');
    expect(collector.exports[0]?.body).not.toContain('15005550006');
  });

  it('is an error for 5xx alone', async () => {
    const answered = (status: number) => spanOf((response) => response.writeHead(status).end());
    expect((await answered(500))?.status.code).toBe(2);
    await collector.close();
    collector = await startCollector();
    expect((await answered(404))?.status.code).toBe(0);
  });

  it('says that the answer was cut off', async () => {
    const span = await spanOf((response) => response.destroy());
    expect(span?.attributes).toMatchObject({ 'callfire_gateway.aborted': true });
    expect(span?.attributes).not.toHaveProperty('http.response.status_code');
  });
});
