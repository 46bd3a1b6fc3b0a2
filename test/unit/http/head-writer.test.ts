import { once } from 'node:events';
import { createServer, IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { GatewayResponse } from '../../../src/http/gateway-response.js';
import { createHeadWriter, type WriteHead } from '../../../src/http/head-writer.js';
import type { HttpServer } from '../../../src/http/server.js';
import { RawConnection } from '../../support/raw-http.js';
import { until } from '../../support/until.js';

const HEADERS = ['X-Request-Id', 'a', 'ETag', '"b"', 'Content-Type', 'text/plain', 'Content-Length', '4'];
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const byNode: WriteHead = (response, headers) => {
  response.writeHead(200, [...headers]);
};

/** What comes for these requests, each text of them on a connection of its own. */
async function receive(
  writeHead: WriteHead,
  connections: readonly string[],
  { before = ignore, after = ignore }: { before?: Look; after?: Look } = {},
): Promise<string[]> {
  const server: HttpServer = createServer(
    { IncomingMessage, ServerResponse: GatewayResponse, keepAliveTimeout: 65_000 },
    (_request, response) => {
      before(response);
      writeHead(response, HEADERS);
      after(response);
      response.end('body', 'latin1');
    },
  );
  const port = await listen(server);
  const received: string[] = [];
  try {
    for (const requests of connections) {
      const connection = await RawConnection.open(`http://127.0.0.1:${port}`);
      connection.send(requests);
      await until(() => countOf('HTTP/1.1 200', connection.received) === countOf('\r\n\r\n', requests));
      if (requests.includes('close')) await connection.closed;
      received.push(connection.received);
    }
    return received;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

type Look = (response: GatewayResponse) => void;
const ignore: Look = () => undefined;

async function listen(server: HttpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const countOf = (part: string, text: string): number => text.split(part).length - 1;

const withoutDate = (text: string): string => text.replaceAll(/Date: .{29}\r\n/g, 'Date: *\r\n');

describe('createHeadWriter', () => {
  it.each([
    ['kept', [GET + GET + GET]],
    ['kept by a client of old', [`GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`.repeat(2)]],
    ['for a HEAD', [GET + GET.replace('GET', 'HEAD') + GET]],
    [
      'whose client waits to be told to go on',
      [GET + GET.replace('Host', 'Expect: 100-continue\r\nHost') + GET],
    ],
    [
      'that its client would upgrade',
      [GET + GET.replace('Host', 'Connection: Upgrade\r\nUpgrade: h2c\r\nHost')],
    ],
    ['that its client closes', [GET + GET.replace('Host', 'Connection: close\r\nHost')]],
    ['that is closed because its client is old', [GET, 'GET / HTTP/1.0\r\n\r\n', GET]],
  ])('writes what Node would write on a connection %s', async (_case, connections) => {
    const expected = await receive(byNode, connections);
    const received = await receive(createHeadWriter(), connections);
    expect(received.map(withoutDate)).toEqual(expected.map(withoutDate));
    expect(received.join('').match(/Date: .{29}\r\n/g)).toHaveLength(
      countOf('HTTP/1.1 200', received.join('')),
    );
  });

  it('has Node write one head a second, and dates the others', async () => {
    let now = Date.UTC(2026, 5, 1, 12, 0, 0, 999);
    const byNodeItself: boolean[] = [];
    const [received = ''] = await receive(
      createHeadWriter(() => now),
      [GET.repeat(6)],
      {
        before: () => (now += 500),
        // Node notes what it has written.
        after: ({ statusMessage }) => byNodeItself.push(statusMessage === 'OK'),
      },
    );
    expect(byNodeItself).toEqual([true, false, true, false, true, false]);
    const dates = [...received.matchAll(/Date: \S+ (.+)\r/g)].map(([, date]) => date);
    expect([1, 3, 5].map((index) => dates[index])).toEqual([
      '01 Jun 2026 12:00:01 GMT',
      '01 Jun 2026 12:00:02 GMT',
      '01 Jun 2026 12:00:03 GMT',
    ]);
  });

  it('keeps headers that are set already', async () => {
    const [received = ''] = await receive(createHeadWriter(), [GET.repeat(3)], {
      before: (response) => response.setHeader('X-Other', 'there'),
    });
    expect(countOf('X-Other: there\r\n', received)).toBe(3);
    expect(countOf('ETag: "b"\r\n', received)).toBe(3);
  });

  it('leaves everything to a Node whose heads begin otherwise', async () => {
    const byNodeItself: boolean[] = [];
    const [received = ''] = await receive(createHeadWriter(), [GET.repeat(3)], {
      before: (response) => {
        const writeHead = response.writeHead.bind(response);
        response.writeHead = (...args: readonly unknown[]) => {
          Reflect.apply(writeHead, undefined, args);
          response._header = response._header?.replace('ETag', 'etag') ?? null;
          return response;
        };
      },
      after: ({ statusMessage }) => byNodeItself.push(statusMessage === 'OK'),
    });
    expect(countOf('etag: "b"\r\n', received)).toBe(3);
    expect(byNodeItself).toEqual([true, true, true]);
  });
});
