import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { callDocument, exceptionDocument, ID, rejection, UpstreamBench } from '../small-upstreams.js';

const bench = new UpstreamBench();
afterEach(() => bench.close());

/** Answers the first requests with `faults`, one each, the others with the call. */
function faultyAtFirst(...faults: ((response: ServerResponse) => void)[]) {
  return bench.http((_request, response) => {
    const fault = faults.shift();
    if (fault === undefined) response.end(callDocument());
    else fault(response);
  });
}

const reset = (response: ServerResponse): void => {
  response.socket?.resetAndDestroy();
};
const resetAfterHints = (response: ServerResponse): void => {
  response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => response.socket?.resetAndDestroy());
};
const hangUp = (response: ServerResponse): void => {
  response.socket?.end();
};
const cut = (response: ServerResponse): void => {
  const body = callDocument();
  response
    .writeHead(200, { 'content-length': body.length })
    .write(body.slice(0, 50), () => response.socket?.end());
};
const cutChunked = (response: ServerResponse): void => {
  response.write(callDocument(), () => response.socket?.resetAndDestroy());
};
const status =
  (code: number, headers = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers).end(exceptionDocument('maintenance'));
  };

describe('CallFireClient.fetchCall tries again', () => {
  it.each<[string, (response: ServerResponse) => void, string]>([
    ['a connection that is reset', reset, 'upstream-unreachable'],
    ['a connection that is reset after early hints', resetAfterHints, 'upstream-unreachable'],
    ['a connection that is closed', hangUp, 'upstream-unreachable'],
    ['an answer that is cut', cut, 'upstream-invalid-response'],
    ['an answer without its last chunk', cutChunked, 'upstream-invalid-response'],
    ['502', status(502), 'upstream-error'],
    ['503', status(503), 'upstream-error'],
    ['504', status(504), 'upstream-error'],
  ])('after %s, three times at most', async (_name, fault, code) => {
    const healing = await faultyAtFirst(fault, fault);
    expect(await bench.client(healing.url).fetchCall(ID)).toMatchObject({ id: ID });
    expect(healing.requests).toHaveLength(3);
    const broken = await faultyAtFirst(fault, fault, fault);
    expect((await rejection(bench.client(broken.url).fetchCall(ID))).code).toBe(code);
    expect(broken.requests).toHaveLength(3);
  });

  it('after a refused connection', async () => {
    const { port, sockets } = await bench.tcp(() => undefined);
    await bench.close();
    const start = performance.now();
    const client = bench.client(new URL(`http://127.0.0.1:${port}`), { random: () => 0.5 });
    const error = await rejection(client.fetchCall(ID));
    expect(error.code).toBe('upstream-unreachable');
    expect(error.cause).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
    expect(performance.now() - start).toBeGreaterThan(145);
    expect(sockets).toHaveLength(0);
  });

  it('after a connection over which TLS cannot be spoken', async () => {
    const { port, sockets } = await bench.tcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const error = await rejection(bench.client(new URL(`https://127.0.0.1:${port}`)).fetchCall(ID));
    expect(error.code).toBe('upstream-unreachable');
    expect(sockets).toHaveLength(3);
  });

  it('after different faults, and tells of the last', async () => {
    const { url } = await faultyAtFirst(reset, status(503), status(500));
    expect(await rejection(bench.client(url).fetchCall(ID))).toMatchObject({
      code: 'upstream-error',
      upstream: { status: 500, message: 'maintenance' },
    });
  });

  it('not when CallFire asks for more patience than there is time, which it passes on', async () => {
    const { url, requests } = await faultyAtFirst(status(503, { 'retry-after': '30' }));
    const error = await rejection(bench.client(url).fetchCall(ID));
    expect(error).toMatchObject({ code: 'upstream-error', retryAfterSeconds: 30 });
    expect(requests).toHaveLength(1);
  });
});
