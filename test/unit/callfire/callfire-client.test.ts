import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { CallFireClientOptions } from '../../../src/callfire/callfire-client.js';
import { STUBBORN_WORKER } from '../../support/document-worker.js';
import {
  callDocument,
  exceptionDocument,
  ID,
  LOGIN,
  PASSWORD,
  rejection,
  UpstreamBench,
} from './small-upstreams.js';

const bench = new UpstreamBench();
afterEach(() => bench.close());

/** What a lookup is rejected with when CallFire answers like this. */
async function errorAt(status: number, headers: Record<string, string> = {}, body: string | Buffer = '') {
  const { url, requests } = await bench.http((_request, response) =>
    response.writeHead(status, headers).end(body),
  );
  const error = await rejection(bench.client(url).fetchCall(ID));
  return { error, requests };
}

describe('CallFireClient.fetchCall asks CallFire', () => {
  it('for the call below the path of the base URL, with its credentials', async () => {
    const { url, requests } = await bench.http((_request, response) => response.end(callDocument()));
    expect(await bench.client(url).fetchCall(ID)).toMatchObject({ id: ID, state: 'FINISHED' });
    expect(requests[0]).toMatchObject({ method: 'GET', url: `/api/1.1/rest/call/${ID}` });
    expect(requests[0]?.headers).toMatchObject({
      host: url.host,
      authorization: `Basic ${Buffer.from(`${LOGIN}:${PASSWORD}`).toString('base64')}`,
      accept: 'application/xml, text/xml;q=0.9',
      'accept-encoding': 'gzip, deflate',
      'user-agent': 'callfire-gateway',
    });
  });

  it.each(['/', '/base', '/base/'])('whatever the path of the base URL looks like: %s', async (path) => {
    const { url, requests } = await bench.http((_request, response) => response.end(callDocument()));
    await bench.client(new URL(path, url)).fetchCall(ID);
    expect(requests[0]?.url).toBe(path === '/' ? `/call/${ID}` : `/base/call/${ID}`);
  });

  it('over connections it has already', async () => {
    const { url, requests } = await bench.http((_request, response) => response.end(callDocument()));
    const client = bench.client(url);
    for (let fetched = 0; fetched < 10; fetched++) await client.fetchCall(ID);
    expect(new Set(requests.map((request) => request.socket)).size).toBeLessThanOrEqual(2);
  });
});

describe('CallFireClient.fetchCall understands an answer', () => {
  it.each<[string, Buffer]>([
    ['gzip', gzipSync(callDocument())],
    ['deflate', deflateSync(callDocument())],
  ])('in %s', async (coding, body) => {
    const { url } = await bench.http((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(body);
    });
    expect(await bench.client(url).fetchCall(ID)).toMatchObject({ id: ID });
  });

  it('in many small pieces, after early hints', async () => {
    const { url } = await bench.http((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      for (const character of callDocument()) response.write(character);
      response.end();
    });
    expect(await bench.client(url).fetchCall(ID)).toMatchObject({ id: ID });
  });
});

describe('CallFireClient.fetchCall refuses an answer', () => {
  it.each([201, 202, 204, 206, 299, 301, 302, 303, 304, 307, 308])('with status %d', async (status) => {
    const { error, requests } = await errorAt(
      status,
      { location: '/elsewhere' },
      status === 204 ? '' : callDocument(),
    );
    expect(error.code).toBe('upstream-invalid-response');
    expect(error.message).toContain(String(status));
    expect(requests).toHaveLength(1);
  });

  it('about another call', async () => {
    expect((await errorAt(200, {}, callDocument('1'))).error.code).toBe('upstream-invalid-response');
  });

  it.each<[string, string, Buffer]>([
    ['in a coding that was not offered', 'br', Buffer.from(callDocument())],
    ['that is not gzip but says so', 'gzip', Buffer.from(callDocument())],
    ['whose gzip stream is cut', 'gzip', gzipSync(callDocument()).subarray(0, -1)],
    ['that is far longer than it seems', 'gzip', gzipSync(callDocument() + ' '.repeat(100_000))],
  ])('%s', async (_name, coding, body) => {
    const { error, requests } = await errorAt(200, { 'content-encoding': coding }, body);
    expect(error.code).toBe('upstream-invalid-response');
    expect(requests).toHaveLength(1);
  });

  it('that announces more bytes than are accepted, without reading them', async () => {
    const { url } = await bench.http((_request, response) => {
      response.writeHead(200, { 'content-length': '100001' }).flushHeaders();
    });
    const error = await rejection(bench.client(url).fetchCall(ID));
    expect(error.code).toBe('upstream-invalid-response');
  });

  it('that does not end where it should, and hangs up', async () => {
    const hungUp = new Promise((resolve) => {
      void bench
        .http((_request, response) => {
          response.on('close', resolve);
          const write = (): void => {
            while (!response.destroyed && response.write('x'.repeat(10_000)));
          };
          response.on('drain', write);
          write();
        })
        .then(async ({ url }) => {
          const error = await rejection(bench.client(url).fetchCall(ID));
          expect(error.code).toBe('upstream-invalid-response');
        });
    });
    await hungUp;
  });

  it('of exactly the length that is accepted not', async () => {
    const body = callDocument().padEnd(100_000);
    const { url } = await bench.http((_request, response) => response.end(body));
    expect(await bench.client(url).fetchCall(ID)).toMatchObject({ id: ID });
    const refused = bench.client(url, { maxBytes: 99_999 }).fetchCall(ID);
    expect((await rejection(refused)).code).toBe('upstream-invalid-response');
  });

  it('that is not HTTP', async () => {
    const { port, sockets } = await bench.tcp((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'));
    const error = await rejection(bench.client(new URL(`http://127.0.0.1:${port}`)).fetchCall(ID));
    expect(error.code).toBe('upstream-invalid-response');
    expect(sockets).toHaveLength(1);
  });
});

describe('CallFireClient.fetchCall rejects', () => {
  it.each([
    [400, 'upstream-rejected'],
    [401, 'upstream-credentials-rejected'],
    [402, 'upstream-rejected'],
    [403, 'upstream-credentials-rejected'],
    [404, 'call-not-found'],
    [409, 'upstream-rejected'],
    [429, 'upstream-rate-limited'],
    [500, 'upstream-error'],
    [501, 'upstream-error'],
    [599, 'upstream-error'],
  ])('an answer of %d with %s and what CallFire said', async (status, code) => {
    const { error, requests } = await errorAt(status, {}, exceptionDocument('no such thing'));
    expect(error).toMatchObject({ code, upstream: { status, message: 'no such thing' } });
    expect(error.message).not.toBe('');
    expect(requests).toHaveLength(1);
  });

  it.each(['', '<html><body>Bad gateway</body></html>', 'not XML'])(
    'an error body of %j as well',
    async (body) => {
      const { error } = await errorAt(400, {}, body);
      expect(error).toMatchObject({ code: 'upstream-rejected', upstream: { status: 400, message: null } });
    },
  );

  it('an error body in gzip with what it says', async () => {
    const { error } = await errorAt(
      400,
      { 'content-encoding': 'gzip' },
      gzipSync(exceptionDocument('in gzip')),
    );
    expect(error.upstream?.message).toBe('in gzip');
  });

  it('an error body that cannot be decompressed without a message', async () => {
    const { error } = await errorAt(400, { 'content-encoding': 'gzip' }, exceptionDocument('lost'));
    expect(error).toMatchObject({ code: 'upstream-rejected', upstream: { status: 400, message: null } });
  });

  it('an endless error body after its first 64 KiB', async () => {
    const { url } = await bench.http((_request, response) => {
      response.writeHead(404);
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', write);
      write();
    });
    expect((await rejection(bench.client(url).fetchCall(ID))).code).toBe('call-not-found');
  });

  it('a cut error body by its status', async () => {
    const { url } = await bench.http((_request, response) => {
      response.writeHead(404, { 'content-length': '1000' }).write('<html>', () => response.destroy());
    });
    expect((await rejection(bench.client(url).fetchCall(ID))).code).toBe('call-not-found');
  });

  it.each([
    [{}, 1],
    [{ 'retry-after': '0' }, 1],
    [{ 'retry-after': '17' }, 17],
    [{ 'retry-after': '86400' }, 3600],
    [{ 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' }, 3600],
    [{ 'retry-after': 'later' }, 1],
  ])('429 with %j by passing on when to try again', async (headers, seconds) => {
    const { error } = await errorAt(429, headers);
    expect(error.retryAfterSeconds).toBe(seconds);
  });
});

describe('CallFireClient.fetchCall reads a long document in a thread', () => {
  const inThread = { inlineBytes: 0, documentWorker: STUBBORN_WORKER };

  /** A CallFire that has every call, and a client that reads each document in a thread. Call 1 takes forever. */
  async function start(options: Partial<CallFireClientOptions> = {}) {
    const { url } = await bench.http((request, response) =>
      response.end(callDocument(request.url?.split('/').pop())),
    );
    return bench.client(url, { ...inThread, ...options });
  }

  it('within its time limit', async () => {
    const client = await start({ timeoutMs: 100 });
    expect((await rejection(client.fetchCall('1'))).code).toBe('upstream-timeout');
  });

  it('and does not take it for a failure of CallFire when that takes too long', async () => {
    const client = await start({ timeoutMs: 1000, maxConcurrency: 20 });
    await Promise.all(Array.from({ length: 20 }, () => rejection(client.fetchCall('1'))));
    expect(client.breakerState).toBe('closed');
  });

  it('and ends that at once as it is closed', async () => {
    const client = await start();
    // So that there is a thread that takes the next document at once.
    await client.fetchCall(ID);
    const fetching = rejection(client.fetchCall('1'));
    await client.close();
    expect(await fetching).toMatchObject({ code: 'upstream-unavailable', retryAfterSeconds: 1 });
  });

  it('and keeps the credentials to itself', async () => {
    const pair = Buffer.from(`${LOGIN}:${PASSWORD}`).toString('base64');
    for (const [contentType, text] of [
      [`text/xml; charset=${LOGIN}`, ''],
      ['text/xml', pair],
    ]) {
      const { url } = await bench.http((_request, response) =>
        response
          .writeHead(200, { 'content-type': contentType })
          .end(callDocument().replace('</Call>', `<Note><Text>${text ?? ''}</Text></Note></Call>`)),
      );
      const error = await rejection(bench.client(url, inThread).fetchCall(ID));
      expect(error.code).toBe('upstream-invalid-response');
      expect(everythingIn(error)).not.toMatch(/f27a1|s3cr/);
      expect(everythingIn(error)).not.toContain(pair);
    }
  });
});

describe('CallFireClient keeps the credentials to itself', () => {
  it('when CallFire repeats them in its message', async () => {
    const pair = Buffer.from(`${LOGIN}:${PASSWORD}`).toString('base64');
    const said = `login ${LOGIN}, Basic ${pair}, password s3cr&amp;t/Pässwörd`;
    const { error } = await errorAt(
      400,
      { 'content-type': 'application/xml; charset=UTF-8' },
      exceptionDocument(said),
    );
    expect(error.upstream?.message).toBe('login [redacted], Basic [redacted], password [redacted]');
  });

  it('when its message ends in the middle of them', async () => {
    const said = 'x'.repeat(495) + PASSWORD.replace('&', '&amp;');
    const { error } = await errorAt(
      400,
      { 'content-type': 'application/xml; charset=UTF-8' },
      exceptionDocument(said),
    );
    expect(error.upstream?.message).toContain('xxx');
    expect(error.upstream?.message).not.toContain('s3cr');
  });

  it('when its message ends in the middle of them, in UTF-16', async () => {
    const said = exceptionDocument('x'.repeat(495) + PASSWORD.replace('&', '&amp;'));
    const { error } = await errorAt(400, {}, Buffer.from(`\ufeff${said}`, 'utf16le'));
    expect(error.upstream?.message).toHaveLength(500);
    expect(error.upstream?.message).not.toContain('s3');
  });

  it('when a call holds the value of the Authorization header', async () => {
    const pair = Buffer.from(`${LOGIN}:${PASSWORD}`).toString('base64');
    const { error } = await errorAt(
      200,
      {},
      callDocument().replace('</Call>', `<Note><Text>${pair}</Text></Note></Call>`),
    );
    expect(error.code).toBe('upstream-invalid-response');
    expect(everythingIn(error)).not.toContain(pair);
  });

  const references = Array.from(PASSWORD, (it) => `&#${it.codePointAt(0) ?? 0};`).join('');
  const noted = (text: string) =>
    callDocument().replace('</Call>', `<Note><Text>${text}</Text></Note></Call>`);
  it.each<[string, string | Buffer]>([
    ['by references', noted(references)],
    ['in two sections', noted('<![CDATA[s3cr&]]><![CDATA[t/Pässwörd]]>')],
    ['in UTF-16', Buffer.from(`\ufeff${noted(PASSWORD.replace('&', '&amp;'))}`, 'utf16le')],
    ['in an element that nobody knows', noted('').replace('</Call>', `<New>${references}</New></Call>`)],
  ])('when a call holds the password, %s', async (_name, body) => {
    const { error } = await errorAt(200, {}, body);
    expect(error.code).toBe('upstream-invalid-response');
    expect(everythingIn(error)).not.toContain('s3cr');
  });

  it('when its message is in UTF-16', async () => {
    const body = Buffer.from(`\ufeff${exceptionDocument(`no ${LOGIN}`)}`, 'utf16le');
    const { error } = await errorAt(400, {}, body);
    expect(error.upstream?.message).toBe('no [redacted]');
  });

  it('when they are named as an encoding', async () => {
    const { error } = await errorAt(200, { 'content-type': `text/xml; charset=${LOGIN}` }, callDocument());
    expect(error.code).toBe('upstream-invalid-response');
    expect(error.cause).toBeInstanceOf(Error);
    expect(everythingIn(error)).not.toContain(LOGIN);
  });

  it.each<[string, string]>([
    ['a document that is refused', `<${LOGIN}>s3cr&amp;t/Pässwörd</${LOGIN}x>`],
    ['a document of another call', callDocument(LOGIN)],
  ])('when %s holds them', async (_name, body) => {
    const { error } = await errorAt(200, {}, body);
    expect(error.code).toBe('upstream-invalid-response');
    expect(everythingIn(error)).not.toMatch(/f27a1|s3cr/);
  });

  it('when the connection fails', async () => {
    const { port } = await bench.tcp((socket) => socket.end(`HTTP/1.1 ${LOGIN} ${PASSWORD}\r\n\r\n`));
    const error = await rejection(bench.client(new URL(`http://127.0.0.1:${port}`)).fetchCall(ID));
    expect(error.cause).toBeInstanceOf(Error);
    expect(everythingIn(error)).not.toMatch(/f27a1|s3cr/);
  });

  it('when it tells the operators, once a minute, that they are rejected', async () => {
    let nowMs = 0;
    const { url } = await bench.http((_request, response) =>
      response.writeHead(401).end(exceptionDocument(PASSWORD)),
    );
    const client = bench.client(url, { now: () => nowMs });
    for (const time of [0, 1, 59_999, 60_000, 60_001]) {
      nowMs = time;
      await rejection(client.fetchCall(ID));
    }
    expect(bench.log.map((line) => line.level)).toEqual(['error', 'error']);
    expect(bench.log[0]?.text).toContain('CALLFIRE_PASSWORD');
    expect(JSON.stringify(bench.log)).not.toMatch(/f27a1|s3cr/);
  });
});

/** All that a logger could find in an error, its cause and their properties. */
function everythingIn(error: Error): string {
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
  return [...own, error.cause instanceof Error ? everythingIn(error.cause) : ''].join('\n');
}
