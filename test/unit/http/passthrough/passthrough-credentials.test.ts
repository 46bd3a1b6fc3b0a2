import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type ErrorRequestHandler } from 'express';
import { GatewayError } from '../../../../src/errors.js';
import { createPassthrough } from '../../../../src/http/passthrough/passthrough.js';
import type { UpstreamCredentials } from '../../../../src/http/passthrough/upstream-credentials.js';
import { until } from '../../../support/until.js';

const closers: (() => void)[] = [];

afterEach(() => {
  while (closers.length > 0) closers.pop()?.();
});

/** Two credentials, and what it was told of them. */
class TwoCredentials implements UpstreamCredentials {
  authorization = 'one';
  readonly told: string[] = [];

  other(rejected: string): string | undefined {
    return ['one', 'two'].find((it) => it !== rejected);
  }

  answered(authorization: string, status: number): void {
    this.told.push(`answered ${authorization} ${status}`);
  }

  rejected(authorization: string): void {
    this.told.push(`rejected ${authorization}`);
  }
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function startServer(listener: http.RequestListener): Promise<number> {
  const server = http.createServer(listener);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

/** An upstream that knows the credentials in `taken`, and answers them with `status`. */
async function start({ taken = 'two', status = 200, reject = refuse, maxConcurrency = 1 } = {}) {
  const sent: string[] = [];
  const port = await startServer((request, response) => {
    const { authorization = '', 'x-own': own } = request.headers;
    sent.push(`${request.method ?? ''} ${authorization}${own === undefined ? '' : ` ${String(own)}`}`);
    if (authorization === taken) response.writeHead(status).end('<ok/>');
    else reject(response);
  });
  const credentials = new TwoCredentials();
  const passthrough = createPassthrough({
    baseUrl: new URL(`http://127.0.0.1:${port}/api`),
    credentials,
    containsSecret: () => false,
    allowWrites: true,
    timeoutMs: 5000,
    maxConcurrency,
    report: () => undefined,
  });
  closers.push(() => {
    passthrough.close();
  });
  const onError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    response.status(599).end(error instanceof GatewayError ? error.code : String(error));
  };
  const gatewayPort = await startServer(express().use('/api', passthrough.router).use(onError));
  const ask = async ({ method = 'GET', headers = {}, body = '' }: Asked = {}) => {
    const request = http.request({ port: gatewayPort, path: '/api/call/1', method, headers, agent: false });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await text(response) };
  };
  return { ask, credentials, sent };
}

function refuse(response: ServerResponse): void {
  response.writeHead(401, { 'WWW-Authenticate': 'Basic' }).end('<no/>');
}

const REJECTED = { status: 599, body: 'upstream-credentials-rejected' };

describe('createPassthrough: credentials that are rejected', () => {
  it.each<[string, Asked]>([
    ['GET', {}],
    ['HEAD', { method: 'HEAD' }],
    ['DELETE', { method: 'DELETE' }],
    ['POST of no length', { method: 'POST', headers: { 'content-length': '0' } }],
  ])('a %s without a body is sent once more with the others', async (_name, asked) => {
    const { ask, credentials, sent } = await start();

    const { status, body } = await ask({ ...asked, headers: { ...asked.headers, 'x-own': 'kept' } });

    const { method = 'GET' } = asked;
    expect({ status, body }).toEqual({ status: 200, body: method === 'HEAD' ? '' : '<ok/>' });
    expect(sent).toEqual([`${method} one kept`, `${method} two kept`]);
    expect(credentials.told).toEqual([expect.stringMatching(/^answered two 20/)]);
  });

  it('does so for each of many that are rejected together, with no more places than they take', async () => {
    const { ask, sent } = await start({ maxConcurrency: 4 });

    const answers = await Promise.all(Array.from({ length: 32 }, () => ask()));

    expect(answers.map(({ status }) => status)).toEqual(Array(32).fill(200));
    expect(sent).toHaveLength(64);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    [
      'never ends',
      (response) => {
        const write = (): void => {
          while (!response.destroyed && response.write('x'.repeat(10_000)));
        };
        response.writeHead(401).on('drain', write);
        write();
      },
    ],
    ['stands still', (response) => void response.writeHead(401, { 'content-length': '9' }).write('x')],
    ['breaks off', (response) => response.writeHead(401).write('x', () => response.destroy())],
  ])('does not wait for the end of an answer that %s', async (_name, reject) => {
    const { ask, sent } = await start({ reject });

    expect(await ask()).toEqual({ status: 200, body: '<ok/>' });
    expect(sent).toHaveLength(2);
  });

  it('tries each once, and then tells the caller', async () => {
    const { ask, credentials, sent } = await start({ taken: 'none' });

    expect(await ask()).toEqual(REJECTED);
    expect(sent).toEqual(['GET one', 'GET two']);
    expect(credentials.told).toEqual([]);
  });

  it.each<[string, Asked]>([
    ['of a known length', { method: 'POST', headers: { 'content-length': '3' }, body: 'a=b' }],
    ['in chunks', { method: 'PUT', headers: { 'transfer-encoding': 'chunked' }, body: 'a=b' }],
    ['that a read has, too,', { headers: { 'content-length': '3' }, body: 'a=b' }],
  ])('a body %s is not sent again, but later requests are to use the others', async (_name, asked) => {
    const { ask, credentials, sent } = await start();

    expect(await ask(asked)).toEqual(REJECTED);
    expect(sent).toEqual([`${asked.method ?? 'GET'} one`]);
    expect(credentials.told).toEqual(['rejected one']);

    credentials.authorization = 'two';
    expect((await ask(asked)).status).toBe(200);
    expect(credentials.told).toEqual(['rejected one']);
  });

  it('a request that has waited for its turn is sent with what is in use then', async () => {
    const held: ServerResponse[] = [];
    const { ask, credentials, sent } = await start({ reject: (response) => void held.push(response) });

    const first = ask({ method: 'POST', headers: { 'content-length': '3' }, body: 'a=b' });
    const second = ask({ method: 'POST', headers: { 'content-length': '3' }, body: 'a=b' });
    await until(() => held.length === 1);
    credentials.authorization = 'two';
    held.forEach(refuse);

    expect(await first).toEqual(REJECTED);
    expect((await second).status).toBe(200);
    expect(sent).toEqual(['POST one', 'POST two']);
  });

  it('a 403, which is about rights, is not sent again', async () => {
    const { ask, credentials, sent } = await start({ taken: 'one', status: 403 });

    expect(await ask()).toEqual(REJECTED);
    expect(sent).toEqual(['GET one']);
    expect(credentials.told).toEqual([]);
  });

  it.each([404, 304, 403, 429, 500])('tells of a %d after the second try', async (status) => {
    const { ask, credentials } = await start({ status });

    await ask();

    expect(credentials.told).toEqual([`answered two ${status}`]);
  });

  it('an answer at the first try tells nothing', async () => {
    const { ask, credentials } = await start({ taken: 'one' });

    expect((await ask()).status).toBe(200);
    expect(credentials.told).toEqual([]);
  });
});
