import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type ErrorRequestHandler } from 'express';
import { GatewayError } from '../../../../src/errors.js';
import { createPassthrough, type PassthroughOptions } from '../../../../src/http/passthrough/passthrough.js';
import { fixedCredentials } from './fixed-credentials.js';

const AUTHORIZATION = 'Basic Z2F0ZXdheTpzZWNyZXQ=';
const closers: (() => void)[] = [];

afterEach(() => {
  while (closers.length > 0) closers.pop()?.();
});

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly port: number | undefined;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | readonly string[];
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const answersOk: Handler = (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'application/xml', 'Content-Length': '5' }).end('<ok/>');
};

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** An upstream that remembers what reached it. */
async function startUpstream(handler: Handler = answersOk): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', url = '', headers, rawHeaders } = request;
      seen.push({ method, url, headers, rawHeaders, body, port: request.socket.remotePort });
      handler(request, response);
    });
  });
  const port = await listen(server);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, seen };
}

/** An upstream that writes these bytes for each request; `write` may do it in several steps. */
async function startRawUpstream(write: (socket: net.Socket, count: number) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  let count = 0;
  const server = net.createServer((socket) => {
    sockets.add(
      socket
        .on('error', () => undefined)
        .on('data', () => {
          write(socket, (count += 1));
        }),
    );
  });
  const port = await listen(server);
  closers.push(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return port;
}

async function startGateway(
  upstreamPort: number,
  options: Partial<PassthroughOptions> = {},
): Promise<Gateway> {
  const reported: string[] = [];
  const failures: GatewayError[] = [];
  const passthrough = createPassthrough({
    baseUrl: new URL(`http://127.0.0.1:${upstreamPort}/api/1.1/rest`),
    credentials: fixedCredentials(AUTHORIZATION),
    containsSecret: (value) => value.includes('Z2F0ZXdheTpzZWNyZXQ='),
    allowWrites: false,
    timeoutMs: 5000,
    maxConcurrency: 8,
    report: (error) => reported.push(error.code),
    ...options,
  });
  const onError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    if (!(error instanceof GatewayError)) throw error;
    failures.push(error);
    response.status(599).json({ code: error.code });
  };
  const app = express();
  app.use((_request, response, next) => {
    response.setHeader('X-Request-Id', 'ours');
    response.setHeader('Vary', 'Origin');
    next();
  });
  app.use('/api/1.1/rest', passthrough.router).use(onError);
  const server = http.createServer(app);
  const port = await listen(server);
  closers.push(() => {
    passthrough.close();
    server.closeAllConnections();
    server.close();
  });
  return new Gateway(port, reported, failures);
}

class Gateway {
  constructor(
    readonly port: number,
    readonly reported: readonly string[],
    readonly failures: readonly GatewayError[],
  ) {}

  /** Asks below the mount path, without touching a byte of `path`. */
  async ask(path: string, { method = 'GET', headers = {}, body = [] }: Asked = {}): Promise<Answer> {
    const request = http.request({
      port: this.port,
      path: `/api/1.1/rest${path}`,
      method,
      headers,
      agent: false,
    });
    for (const part of typeof body === 'string' ? [body] : body) request.write(part);
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  }

  /** Sends bytes as they are, and resolves with all that comes back until the connection ends. */
  async sendRaw(bytes: string): Promise<string> {
    const socket = net.connect(this.port, '127.0.0.1');
    socket.write(bytes, 'latin1');
    return text(socket);
  }

  code({ body }: Answer): unknown {
    return (JSON.parse(body) as { code: unknown }).code;
  }
}

describe('createPassthrough: what goes upstream', () => {
  it.each([
    '/call/224205636001',
    '/call/123.json',
    '/call/1/Rec%20one%2b+(2)~%C3%A9.mp3',
    "/call/a;b=1/!$&'()*+,=:@-._%25",
    '/call?ToNumber=%2B1&LabelName=a%20b+c%2F..%2f&x={"a"|b^`}\\&y=http://evil//..//x?z',
    '/call/',
    '/@evil.example/call?',
    '/.json/..json/...',
  ])('forwards %s byte by byte', async (path) => {
    const { port, seen } = await startUpstream();
    const gateway = await startGateway(port);

    const raw = await gateway.sendRaw(
      `GET /api/1.1/rest${path} HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n`,
    );

    expect(raw).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen.map(({ url }) => url)).toEqual([`/api/1.1/rest${path}`]);
  });

  it('replaces every form of login by its own and speaks to the upstream by its name', async () => {
    const { port, seen } = await startUpstream();
    const gateway = await startGateway(port);

    await gateway.sendRaw(
      'GET /api/1.1/rest/call/1 HTTP/1.1\r\nHost: evil\r\nAuthorization: Basic one\r\nauthorization: Basic two\r\n' +
        'Proxy-Authorization: Basic three\r\nX-API-Key: four\r\nX_Api_Key: five\r\nConnection: close, authorization\r\n\r\n',
    );

    const raw = seen[0]?.rawHeaders.map((part) => part.toLowerCase()) ?? [];
    expect(raw.filter((part) => part === 'authorization')).toHaveLength(1);
    expect(seen[0]?.headers.authorization).toBe(AUTHORIZATION);
    expect(seen[0]?.headers.host).toBe(`127.0.0.1:${port}`);
    expect(raw.join()).not.toMatch(/evil|one|two|three|four|five/);
  });

  it('forwards end-to-end headers and nothing else', async () => {
    const { port, seen } = await startUpstream();
    const gateway = await startGateway(port);
    const dropped = {
      connection: 'close, X-Named',
      'x-named': '1',
      'keep-alive': 'timeout=1',
      te: 'trailers',
      upgrade: 'h2c',
      'proxy-connection': 'close',
      proxy: 'http://evil',
      cookie: 'a=b',
      forwarded: 'host=evil',
      'x-forwarded-host': 'evil',
      'x-forwarded-for': '1.2.3.4',
      'x-original-url': '/admin',
      'x-rewrite-url': '/admin',
      'x-http-method-override': 'DELETE',
      x_http_method_override: 'DELETE',
      content_length: '7',
    };

    await gateway.ask('/call/1', {
      headers: {
        ...dropped,
        accept: 'audio/wav',
        range: 'bytes=1-',
        origin: 'https://a',
        referer: 'https://a/b',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        tracestate: 'a=1',
        'x-request-id': 'theirs',
        'x-own': 'é',
      },
    });

    expect(Object.keys(seen[0]?.headers ?? {}).sort()).toEqual(
      [
        ...['accept', 'authorization', 'connection', 'host', 'origin', 'range', 'referer'],
        ...['traceparent', 'tracestate', 'x-own', 'x-request-id'],
      ].sort(),
    );
    expect(seen[0]?.headers).toMatchObject({
      connection: 'keep-alive',
      range: 'bytes=1-',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1',
      'x-request-id': 'theirs',
      'x-own': 'é',
    });
  });

  it('uses one upstream connection for requests that follow each other', async () => {
    const { port, seen } = await startUpstream();
    const gateway = await startGateway(port);

    await gateway.ask('/call/1');
    await gateway.ask('/call/2', { method: 'HEAD' });
    await gateway.ask('/call/3');

    expect(new Set(seen.map((request) => request.port)).size).toBe(1);
  });
});

describe('createPassthrough: paths', () => {
  it.each([
    ['an absolute form', 'http://evil/api/1.1/rest/call/1'],
    ['an absolute form with a login', 'http://g@evil/api/1.1/rest/call/1'],
    ['an empty first segment', '/api/1.1/rest//evil/call'],
    ['an empty segment', '/api/1.1/rest/call//1'],
    ['a dot segment', '/api/1.1/rest/call/../../admin'],
    ['a single dot', '/api/1.1/rest/./call'],
    ['dots at the end', '/api/1.1/rest/call/..'],
    ['encoded dots', '/api/1.1/rest/%2e%2e/admin'],
    ['dots half encoded', '/api/1.1/rest/.%2E/admin'],
    ['dots encoded twice', '/api/1.1/rest/%252e%252e/admin'],
    ['dots in overlong UTF-8', '/api/1.1/rest/%c0%ae%c0%ae/admin'],
    ['dots before a parameter', '/api/1.1/rest/..;/admin'],
    ['encoded dots and semicolon', '/api/1.1/rest/%2e.%3bx=y/admin'],
    ['an encoded slash', '/api/1.1/rest/call/..%2fadmin'],
    ['an encoded backslash', '/api/1.1/rest/call%5c..%5cadmin'],
    ['a backslash', '/api/1.1/rest/call\\..\\admin'],
    ['a backslash that URL parsers read as a slash', '/api\\1.1/rest/call/1#'],
    ['an encoded NUL', '/api/1.1/rest/call/1%00.json'],
    ['an encoded line end', '/api/1.1/rest/call/1%0d%0aX:y'],
    ['a broken escape', '/api/1.1/rest/call/%zz'],
    ['a URL', '/api/1.1/rest/http:/evil'],
    ['a fragment', '/api/1.1/rest/call/1#/../x'],
    ['a fragment in the query', '/api/1.1/rest/call?a#b'],
    ['characters no path may hold', '/api/1.1/rest/call/{1}'],
    ['a method in the query', '/api/1.1/rest/call?a=b&%5Fmethod=POST'],
    ['a method behind a semicolon', '/api/1.1/rest/call?a=b;_method=POST'],
  ])('never sends upstream %s', async (_name, target) => {
    const { port, seen } = await startUpstream();
    const gateway = await startGateway(port);

    const raw = await gateway.sendRaw(`GET ${target} HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n`);

    expect(raw).toMatch(/^HTTP\/1\.1 (?:599|404) /);
    if (raw.startsWith('HTTP/1.1 599')) expect(gateway.failures[0]?.code).toBe('invalid-parameter');
    expect(seen).toEqual([]);
  });

  it('says in the detail what is wrong with which part', async () => {
    const gateway = await startGateway(1);

    await gateway.ask('/call/%2e%2e/admin');

    expect(gateway.failures[0]?.message).toBe(
      'The path must not hold "." or ".." as a segment, encoded or not.',
    );
  });

  it.each([
    '//evil/call',
    '/\\evil',
    '/api/1.1/rest@evil/call',
    '/api/1.1/rest.evil/call',
    '/api/1.1/%72est/call',
  ])('does not take %s for its own', async (target) => {
    const { port, seen } = await startUpstream();
    const gateway = await startGateway(port);

    expect(await gateway.sendRaw(`GET ${target} HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 404 /,
    );
    expect(seen).toEqual([]);
  });
});

describe('createPassthrough: methods', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    'refuses %s',
    async (method) => {
      const { port, seen } = await startUpstream();
      const gateway = await startGateway(port);

      expect(gateway.code(await gateway.ask('/call', { method }))).toBe('method-not-allowed');
      expect(gateway.failures[0]?.allow).toBe('GET, HEAD');
      expect(seen).toEqual([]);
    },
  );

  it.each(['POST', 'PUT'])(
    'with writes sends a %s with its body, however long it says it is',
    async (method) => {
      const { port, seen } = await startUpstream();
      const gateway = await startGateway(port, { allowWrites: true });

      await gateway.ask('/call', {
        method,
        headers: { 'content-length': '4', expect: '100-continue' },
        body: 'To=1',
      });
      await gateway.ask('/call', { method, headers: { 'transfer-encoding': 'chunked' }, body: ['To', '=2'] });
      await gateway.ask('/call', { method });

      expect(seen.map((request) => [request.method, request.body])).toEqual([
        [method, 'To=1'],
        [method, 'To=2'],
        [method, ''],
      ]);
    },
  );

  it('keeps the length of a body that the Connection header names', async () => {
    const { port, seen } = await startUpstream();
    const gateway = await startGateway(port, { allowWrites: true });
    const smuggled = 'GET /admin HTTP/1.1\r\nHost: u\r\n\r\n';

    await gateway.sendRaw(
      `DELETE /api/1.1/rest/call HTTP/1.1\r\nHost: g\r\nConnection: close, content-length\r\n` +
        `Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    );

    expect(seen.map(({ method, url, body }) => ({ method, url, body }))).toEqual([
      { method: 'DELETE', url: '/api/1.1/rest/call', body: smuggled },
    ]);
  });

  it.each([
    ['DELETE', 'chunked'],
    ['GET', 'chunked'],
    ['POST', 'gzip, chunked'],
  ])('refuses %s with transfer coding %s, whose end the upstream could mistake', async (method, coding) => {
    const { port, seen } = await startUpstream();
    const gateway = await startGateway(port, { allowWrites: true });

    await gateway.sendRaw(
      `${method} /api/1.1/rest/call HTTP/1.1\r\nHost: g\r\nConnection: close\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`,
    );

    expect(gateway.failures.map(({ code }) => code)).toEqual(['invalid-parameter']);
    expect(seen).toEqual([]);
  });

  it('still refuses PATCH with writes, and tells what it takes', async () => {
    const gateway = await startGateway(1, { allowWrites: true });

    await gateway.ask('/call', { method: 'PATCH' });

    expect(gateway.failures[0]?.allow).toBe('GET, HEAD, POST, PUT, DELETE');
  });

  it('never becomes a tunnel, by CONNECT or by Upgrade', async () => {
    const { port, seen } = await startUpstream();
    const gateway = await startGateway(port);

    expect(await gateway.sendRaw(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: g\r\n\r\n`)).toBe('');
    const upgrade = await gateway.sendRaw(
      'GET /api/1.1/rest/call/1 HTTP/1.1\r\nHost: g\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );

    expect(upgrade).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen.map(({ headers }) => headers.upgrade)).toEqual([undefined]);
  });
});

describe('createPassthrough: what comes back', () => {
  it.each([200, 201, 204, 206, 304, 400, 404, 407, 429, 500, 503])(
    'passes status %d on as it is',
    async (status) => {
      const { port } = await startUpstream((_request, response) => response.writeHead(status).end());
      const gateway = await startGateway(port);

      expect((await gateway.ask('/call/1')).status).toBe(status);
    },
  );

  it('passes body and end-to-end headers on, and keeps the headers that were set before', async () => {
    const { port } = await startUpstream((_request, response) => {
      response.writeHead(
        200,
        [
          ['Content-Type', 'audio/mpeg'],
          ['ETag', '"1"'],
          ['Link', '<a>'],
          ['Link', '<b>'],
          ['Server', 'Apache'],
          ['Vary', 'Accept'],
          ['X-Request-Id', 'theirs'],
          ['Cache-Control', 'max-age=5'],
          ['X-Name', 'é'],
          ['Set-Cookie', 'session=1'],
          ['WWW-Authenticate', 'Basic'],
          ['Proxy-Authenticate', 'Basic'],
          ['Access-Control-Allow-Origin', '*'],
          ['Alt-Svc', 'h3="evil:443"'],
          ['Connection', 'X-Named'],
          ['X-Named', '1'],
          ['X-Echo', `login was ${AUTHORIZATION}`],
        ].flat(),
      );
      response.end('\0\xff');
    });
    const gateway = await startGateway(port);

    const { headers, body } = await gateway.ask('/call/1/a.mp3');

    const { date, ...others } = headers;
    expect(date).toBeDefined();
    expect(body).toBe('\0\xff');
    expect(others).toEqual({
      'content-type': 'audio/mpeg',
      etag: '"1"',
      link: '<a>, <b>',
      server: 'Apache',
      vary: 'Origin, Accept',
      'x-request-id': 'ours',
      'cache-control': 'max-age=5',
      'x-name': 'é',
      connection: 'close',
      'transfer-encoding': 'chunked',
      'x-powered-by': 'Express',
    });
  });

  it('answers HEAD with the headers of the answer and no body', async () => {
    const { port } = await startUpstream((_request, response) =>
      response.setHeader('Content-Length', '1234').end(),
    );
    const gateway = await startGateway(port);

    const { headers, body } = await gateway.ask('/call/1', { method: 'HEAD' });

    expect(headers['content-length']).toBe('1234');
    expect(body).toBe('');
  });

  it('forbids shared caches an answer about which upstream says nothing', async () => {
    const { port } = await startUpstream();
    const gateway = await startGateway(port);

    expect((await gateway.ask('/call/1')).headers['cache-control']).toBe('no-store');
  });

  it.each([
    ['{base}/call/5?x=%20#y', '/api/1.1/rest/call/5?x=%20#y'],
    ['{base}', '/api/1.1/rest'],
    ['/api/1.1/rest/call/5', '/api/1.1/rest/call/5'],
    ['{base}/../admin', '{origin}/api/1.1/rest/../admin'],
    ['{base}ful/x', '{origin}/api/1.1/restful/x'],
    ['https://elsewhere.example/api/1.1/rest/call/5', 'https://elsewhere.example/api/1.1/rest/call/5'],
    ['5', '5'],
    ['http://[', 'http://['],
  ])('passes Location %s on as %s', async (sent, received) => {
    const filled = (value: string): string =>
      value.replace('{base}', '{origin}/api/1.1/rest').replace('{origin}', `http://127.0.0.1:${port}`);
    const { port } = await startUpstream((_request, response) =>
      response.writeHead(302, { Location: filled(sent) }).end(),
    );
    const gateway = await startGateway(port);

    expect((await gateway.ask('/call')).headers.location).toBe(filled(received));
  });

  it.each([401, 403])('keeps a %d to itself and reports it', async (status) => {
    const { port } = await startUpstream((_request, response) =>
      response.writeHead(status, { 'WWW-Authenticate': 'Basic' }).end('go away'),
    );
    const gateway = await startGateway(port);

    const answer = await gateway.ask('/call/1');

    expect(gateway.reported).toEqual(['upstream-credentials-rejected']);
    expect(gateway.failures[0]?.upstream).toEqual({ status, message: null });
    expect(gateway.code(answer)).toBe('upstream-credentials-rejected');
    expect(answer.headers['www-authenticate']).toBeUndefined();
  });

  it.each([
    ['a reason phrase with a control character', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok', 200],
    ['a status of no class', 'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n', 'upstream-invalid-response'],
    ['an unasked change of protocol', 'HTTP/1.1 101 X\r\n\r\n', 'upstream-invalid-response'],
    ['what is not HTTP', 'SSH-2.0-OpenSSH\r\n', 'upstream-unreachable'],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'upstream-unreachable',
    ],
  ])('survives %s', async (_name, bytes, outcome) => {
    const gateway = await startGateway(await startRawUpstream((socket) => socket.write(bytes, 'latin1')));

    const answer = await gateway.ask('/call/1');

    expect(answer.status === 200 ? 200 : gateway.code(answer)).toBe(outcome);
  });
});

describe('createPassthrough: failures before an answer', () => {
  it('tells an upstream that is not there from one that hangs up', async () => {
    const closed = net.createServer();
    const port = await listen(closed);
    closed.close();
    const absent = await startGateway(port);
    const rude = await startGateway(await startRawUpstream((socket) => socket.resetAndDestroy()));

    expect(absent.code(await absent.ask('/call/1'))).toBe('upstream-unreachable');
    expect(rude.code(await rude.ask('/call/1'))).toBe('upstream-unreachable');
  });

  it('answers an upload that the upstream cuts off', async () => {
    const port = await startRawUpstream((socket) => socket.resetAndDestroy());
    const gateway = await startGateway(port, { allowWrites: true });

    const answer = await gateway.ask('/call', { method: 'POST', body: 'x'.repeat(100_000) });

    expect(gateway.code(answer)).toBe('upstream-unreachable');
  });

  it('does not wait longer than the time limit for an answer', async () => {
    const gateway = await startGateway(await startRawUpstream(() => undefined), { timeoutMs: 100 });

    expect(gateway.code(await gateway.ask('/call/1'))).toBe('upstream-timeout');
  });

  it('does not wait longer than the time limit for a turn', async () => {
    const port = await startRawUpstream((socket) => {
      const timer = setInterval(() => socket.write('.'), 20);
      socket
        .on('close', () => {
          clearInterval(timer);
        })
        .write('HTTP/1.1 200 OK\r\n\r\n');
    });
    const gateway = await startGateway(port, { maxConcurrency: 1, timeoutMs: 200 });
    const first = http.get({ port: gateway.port, path: '/api/1.1/rest/call/1' });
    await once(first, 'response');

    expect(gateway.code(await gateway.ask('/call/2'))).toBe('overloaded');
    expect(gateway.failures[0]?.retryAfterSeconds).toBe(1);
    first.destroy();
  });

  it('lets as many requests upstream at once as it may, and the others after them', async () => {
    let [running, most] = [0, 0];
    const { port, seen } = await startUpstream((_request, response) => {
      most = Math.max(most, (running += 1));
      setImmediate(() => {
        running -= 1;
        response.end();
      });
    });
    const gateway = await startGateway(port, { maxConcurrency: 3 });

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => gateway.ask(`/call/${index}`)),
    );

    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(most).toBeLessThanOrEqual(3);
    expect(seen).toHaveLength(20);
  });

  it('tries a read again whose kept connection was closed at that moment', async () => {
    const port = await startRawUpstream((socket, count) => {
      if (count === 2) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const gateway = await startGateway(port);

    await gateway.ask('/call/1');

    expect(await gateway.ask('/call/2')).toMatchObject({ status: 200, body: 'ok' });
  });

  it('tries again once, and not on every connection that it has kept', async () => {
    const sockets = new Set<net.Socket>();
    const port = await startRawUpstream((socket) => {
      if (sockets.has(socket)) socket.resetAndDestroy();
      else if (sockets.add(socket).size === 2) {
        for (const each of sockets) each.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      }
    });
    const gateway = await startGateway(port);

    await Promise.all([gateway.ask('/call/1'), gateway.ask('/call/2')]);

    expect(gateway.code(await gateway.ask('/call/3'))).toBe('upstream-unreachable');
  });

  it('never tries a write again', async () => {
    const port = await startRawUpstream((socket, count) => {
      if (count === 2) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const gateway = await startGateway(port, { allowWrites: true });

    await gateway.ask('/call/1');

    expect(gateway.code(await gateway.ask('/call', { method: 'POST' }))).toBe('upstream-unreachable');
  });
});

describe('createPassthrough: bugs of our own', () => {
  it('fail the request, with nothing of the answer, and not the process', async () => {
    const bug = new Error('a bug');
    let isBroken = true;
    const port = await startRawUpstream((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nETag: "theirs"\r\nX-Last: 1\r\nContent-Length: 2\r\n\r\nok'),
    );
    const containsSecret = (value: string): boolean => {
      if (isBroken && value === '1') throw bug;
      return false;
    };
    const gateway = await startGateway(port, { containsSecret, maxConcurrency: 1 });

    const answer = await gateway.ask('/call/1');

    expect(gateway.code(answer)).toBe('internal-error');
    expect(answer.headers['x-last']).toBeUndefined();
    expect(answer.headers.etag).not.toBe('"theirs"');
    expect(gateway.failures[0]?.cause).toBe(bug);
    isBroken = false;
    expect((await gateway.ask('/call/2')).body).toBe('ok');
  });

  it('cut the connection where not even the failure can be told', async () => {
    const port = await startRawUpstream((socket) => socket.resetAndDestroy());
    const gateway = await startGateway(port, {
      report: () => {
        throw new Error('a bug');
      },
    });

    await expect(gateway.ask('/call', { headers: {} })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
