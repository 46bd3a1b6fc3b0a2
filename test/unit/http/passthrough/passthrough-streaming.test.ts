import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { GatewayError } from '../../../../src/errors.js';
import { createPassthrough, type PassthroughOptions } from '../../../../src/http/passthrough/passthrough.js';
import { fixedCredentials } from './fixed-credentials.js';
import { until } from '../../../support/until.js';

const MB = 1024 * 1024;
/** More than the gateway may ever hold; what a kernel holds in its buffers is some 8 MB here. */
const LARGE = 300 * MB;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const closers: (() => void)[] = [];

afterEach(() => {
  while (closers.length > 0) closers.pop()?.();
});

async function start(server: http.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function startGateway(
  upstreamPort: number,
  options: Partial<PassthroughOptions> = {},
  before: RequestHandler = (_request, _response, next) => {
    next();
  },
): Promise<number> {
  const passthrough = createPassthrough({
    baseUrl: new URL(`http://127.0.0.1:${upstreamPort}/api/1.1/rest`),
    credentials: fixedCredentials('Basic eDp5'),
    containsSecret: () => false,
    allowWrites: true,
    timeoutMs: 10_000,
    maxConcurrency: 2,
    report: () => undefined,
    ...options,
  });
  const onError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    response.status(599).json({ code: error instanceof GatewayError ? error.code : String(error) });
  };
  closers.push(() => {
    passthrough.close();
  });
  return start(
    http.createServer(express().use(before).use('/api/1.1/rest', passthrough.router).use(onError)),
  );
}

/** An upstream and a gateway in front of it; a handler may take over the socket. */
async function startBoth(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  options?: Partial<PassthroughOptions>,
  before?: RequestHandler,
): Promise<number> {
  return startGateway(await start(http.createServer(handler)), options, before);
}

function ask(port: number, options: http.RequestOptions = {}): http.ClientRequest {
  const request = http.request({ port, path: '/api/1.1/rest/call/1', agent: false, ...options });
  return request.on('error', () => undefined);
}

async function answerTo(request: http.ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

/** How a body ended: with its proper end, or broken off. */
function ending(response: IncomingMessage): Promise<'complete' | 'cut'> {
  return new Promise((resolve) => {
    response.on('error', () => undefined).resume();
    response.once('close', () => {
      resolve(response.complete ? 'complete' : 'cut');
    });
  });
}

/** A body made while it is read, and how much of it has been made. */
function countedBody(bytes: number): { body: Readable; made: () => number } {
  let made = 0;
  const body = new Readable({
    read() {
      made += CHUNK.length;
      this.push(made <= bytes ? CHUNK : null);
    },
  });
  return { body, made: () => Math.min(made, bytes) };
}

/** The length that a path ends in. */
function length(path = ''): number {
  return Math.round(Number(path.slice(path.lastIndexOf('/') + 1)));
}

/** How many connections to the server are open. */
function countConnections(server: http.Server): () => number {
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => (open -= 1));
  });
  return () => open;
}

/** Waits until nothing has flowed for a while. */
async function standstill(count: () => number): Promise<number> {
  let last = 0;
  while (last === 0 || last !== count()) {
    last = count();
    await pause(100);
  }
  return last;
}

describe('createPassthrough: large bodies', () => {
  it('makes the upstream wait for a slow reader, and holds little of a long answer in memory', async () => {
    const { body, made } = countedBody(LARGE);
    const port = await startBoth((_request, response) => void body.pipe(response));
    const before = process.memoryUsage().rss;

    const response = await answerTo(ask(port).end());
    const sent = await standstill(made);
    let received = 0;
    let peak = process.memoryUsage().rss;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      received += chunk.length;
      peak = Math.max(peak, process.memoryUsage().rss);
    }

    expect(sent).toBeLessThan(LARGE / 6);
    expect(received).toBe(LARGE);
    expect(peak - before).toBeLessThan(LARGE / 2);
  });

  it('makes the caller wait for a slow upstream, and holds little of a long request in memory', async () => {
    const { body, made } = countedBody(LARGE);
    let upload: IncomingMessage | undefined;
    let answer: ServerResponse | undefined;
    const port = await startBoth((request, response) => {
      upload = request;
      answer = response;
    });
    const before = process.memoryUsage().rss;

    const request = ask(port, { method: 'POST' });
    body.pipe(request);
    const sent = await standstill(made);
    let received = 0;
    let peak = process.memoryUsage().rss;
    for await (const chunk of (upload ?? Readable.from([])) as AsyncIterable<Buffer>) {
      received += chunk.length;
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    answer?.end('thanks');

    expect(await text(await answerTo(request))).toBe('thanks');
    expect(sent).toBeLessThan(LARGE / 6);
    expect(received).toBe(LARGE);
    expect(peak - before).toBeLessThan(LARGE / 2);
  });

  it('passes on an answer that comes before the upload has ended, and takes the rest of the upload off the wire', async () => {
    const port = await startBoth((request, response) => {
      if (request.method === 'POST') response.writeHead(413).end('too long');
      else response.end('next');
    });
    const { body } = countedBody(20 * MB);
    const socket = net.connect(port, '127.0.0.1');
    const received = text(socket);

    socket.write(`POST /api/1.1/rest/call HTTP/1.1\r\nHost: g\r\nContent-Length: ${20 * MB}\r\n\r\n`);
    body.pipe(socket, { end: false });
    await once(body, 'end');
    socket.write('GET /api/1.1/rest/call/1 HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n');

    expect(await received).toMatch(/^HTTP\/1\.1 413 [^]*too long[^]*HTTP\/1\.1 200 [^]*next/);
  });
});

describe('createPassthrough: answers that break off', () => {
  it.each([
    ['with a length', { 'Content-Length': '1000' }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }],
  ])('cuts the connection of the caller if the upstream breaks off an answer %s', async (_name, headers) => {
    const port = await startBoth((_request, response) => {
      response.writeHead(200, headers).write('part');
      setImmediate(() => response.socket?.end());
    });

    const response = await answerTo(ask(port).end());

    expect(response.statusCode).toBe(200);
    expect(await ending(response)).toBe('cut');
  });

  it('cuts it if the upstream sends a broken chunk', async () => {
    const port = await startBoth((_request, response) => {
      response.writeHead(200).write('part');
      response.socket?.write('not a chunk\r\n');
    });

    expect(await ending(await answerTo(ask(port).end()))).toBe('cut');
  });

  it('resets it where the end of the connection would be the end of the body', async () => {
    const port = await startBoth((_request, response) => {
      response.writeHead(200).write('part');
      setImmediate(() => response.socket?.destroy());
    });
    const socket = net.connect(port, '127.0.0.1');
    socket.write('GET /api/1.1/rest/call/1 HTTP/1.0\r\nHost: g\r\n\r\n');

    await expect(text(socket)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('cuts it if the upstream falls silent', async () => {
    const port = await startBoth((_request, response) => response.writeHead(200).write('part'), {
      timeoutMs: 100,
    });

    expect(await ending(await answerTo(ask(port).end()))).toBe('cut');
  });

  it('never ends a body early for a reader who was slower than the time limit', async () => {
    const upstream = http.createServer((request, response) => {
      response.write(Buffer.alloc(length(request.url))); // In chunks, whose early end would be a proper one.
      response.end();
    });
    const connections = countConnections(upstream);
    const port = await startGateway(await start(upstream), { timeoutMs: 1000, maxConcurrency: 100 });
    // Around what the kernel's buffers take: the end is then in the gateway, but cannot go on to the reader.
    const paths = Array.from({ length: 30 }, (_, index) => `/api/1.1/rest/${3.3 * MB + index * 40_000}`);

    const responses = await Promise.all(paths.map((path) => answerTo(ask(port, { path }).end())));
    await until(() => connections() === 0);
    const read = await Promise.all(
      responses.map(async (response, index) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        return (await ending(response)) === 'cut' || bytes === length(paths[index]);
      }),
    );

    expect(read).toEqual(paths.map(() => true));
  });
});

describe('createPassthrough: callers who leave', () => {
  it.each([
    ['before the answer', () => undefined],
    ['during the answer', (response: ServerResponse) => response.writeHead(200).write('part')],
  ])('aborts the upstream request of a caller who leaves %s', async (_name, begin) => {
    let [arrived, aborted] = [false, false];
    const port = await startBoth((_request, response) => {
      begin(response);
      arrived = true;
      response.once('close', () => (aborted = true));
    });

    const request = ask(port).end();
    await until(() => arrived);
    expect(aborted).toBe(false);
    request.destroy();

    await until(() => aborted);
  });

  it('aborts the upstream request of a caller who leaves during the upload', async () => {
    let [arrived, aborted] = [false, false];
    const port = await startBoth((upload) => {
      upload.once('data', () => (arrived = true)).once('error', () => (aborted = true));
    });

    const request = ask(port, { method: 'POST' });
    request.write('part');
    await until(() => arrived);
    request.destroy();

    await until(() => aborted);
  });

  it('sends nothing for a caller who leaves before its turn, and gives the turn to the next', async () => {
    const held: ServerResponse[] = [];
    const urls: (string | undefined)[] = [];
    const port = await startBoth(
      (request, response) => {
        urls.push(request.url);
        held.push(response);
      },
      { maxConcurrency: 1 },
    );
    ask(port, { path: '/api/1.1/rest/1' }).end();
    await until(() => held.length === 1);
    const leaver = ask(port, { path: '/api/1.1/rest/2' }).end();
    await once(leaver, 'finish');
    ask(port, { path: '/api/1.1/rest/3' }).end();
    leaver.destroy();
    await until(() => leaver.closed);

    held[0]?.end();

    await until(() => held.length === 2);
    expect(urls).toEqual(['/api/1.1/rest/1', '/api/1.1/rest/3']);
  });

  it('gives up the turns of a caller who leaves with several requests on one connection', async () => {
    let arrived = 0;
    const port = await startBoth(() => (arrived += 1), { maxConcurrency: 2 });
    const socket = net.connect(port, '127.0.0.1');
    socket.write('GET /api/1.1/rest/call/1 HTTP/1.1\r\nHost: g\r\n\r\n'.repeat(2));
    await until(() => arrived === 2);
    socket.destroy();

    ask(port).end();
    ask(port).end();

    await until(() => arrived === 4);
  });

  it('takes no turn for a caller who left before the passthrough was reached', async () => {
    let [waiting, proceed] = [false, (): void => undefined];
    const port = await startBoth(
      (_request, response) => response.end('ok'),
      { maxConcurrency: 1 },
      (request, _response, next) => {
        if (request.url !== '/api/1.1/rest/leaver') {
          next();
          return;
        }
        waiting = true;
        request.socket.once('close', () => {
          next();
          proceed();
        });
      },
    );
    const leaver = ask(port, { path: '/api/1.1/rest/leaver' }).end();
    await until(() => waiting);
    const left = new Promise<void>((resolve) => (proceed = resolve));
    leaver.destroy();
    await left;

    expect(await text(await answerTo(ask(port).end()))).toBe('ok');
  });
});

describe('createPassthrough().close', () => {
  it('closes the connections to the upstream', async () => {
    const upstream = http.createServer({ keepAliveTimeout: 0 }, (_request, response) => response.end('ok'));
    const connections = countConnections(upstream);
    const port = await startGateway(await start(upstream));
    await text(await answerTo(ask(port).end()));
    expect(connections()).toBe(1);

    closers.at(-2)?.(); // The last one closes the gateway's own server.

    await until(() => connections() === 0, 3000);
  });
});
