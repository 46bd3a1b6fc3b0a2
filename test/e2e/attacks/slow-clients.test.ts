import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { get } from '../../support/gateway.js';
import { RawConnection } from '../../support/raw-http.js';
import { until } from '../../support/until.js';
import { as, ID, linesAs, RAW, startTarget } from './target.js';

// Two cores may be busy with other tests.
jest.setTimeout(60_000);

/** What is by default 20 seconds, five minutes, a minute and a half, and five seconds. */
const PATIENCE = { headersMs: 300, requestMs: 900, stillMs: 2000, checkEveryMs: 50 };

const target = await startTarget({ overrides: { patience: PATIENCE } });
const open: RawConnection[] = [];

afterEach(() => {
  for (const connection of open.splice(0)) connection.destroy();
});

async function connected(): Promise<RawConnection> {
  const connection = await RawConnection.open(target.url);
  open.push(connection);
  return connection;
}

/** How long the server puts up with a client that sends this now and then, in milliseconds. */
async function patienceWith(connection: RawConnection, text: string): Promise<number> {
  const begun = performance.now();
  await connection.drip(text);
  return performance.now() - begun;
}

describe('a client that is slow without end loses its connection, also if it never closes it itself', () => {
  it.each<[string, string, string]>([
    ['with the request line', 'GET /calls/', '1'],
    ['with a header', `GET /calls/${ID} HTTP/1.1\r\n${linesAs('alice')}X-Slow: `, 'a'],
    ['with further headers', `GET /calls/${ID} HTTP/1.1\r\n${linesAs('alice')}`, 'X-Slow: a\r\n'],
    ['with empty lines before the request', '\r\n', '\r\n'],
  ])('%s', async (_case, begin, byte) => {
    const connection = await connected();
    connection.send(begin);
    // A second for the client to read the answer belongs to it.
    expect(await patienceWith(connection, byte)).toBeLessThan(PATIENCE.headersMs + 10_000);
    expect(connection.received).not.toContain(' 200 ');
  });

  it('without a word', async () => {
    const connection = await connected();
    await connection.closed;
    await connection.drip('G');
  });

  it('in the middle of a kept connection', async () => {
    const connection = await connected();
    connection.send(`GET /calls/${ID} HTTP/1.1\r\n${linesAs('alice')}\r\n`);
    await until(() => connection.answers.length === 1);
    connection.send('GET /calls/');
    await patienceWith(connection, '1');
    expect(connection.answers.map(({ status }) => status)).toEqual([200, 400]);
  });

  it('with the body of a lookup', async () => {
    const connection = await connected();
    connection.send(`GET /calls/${ID} HTTP/1.1\r\n${linesAs('alice')}Content-Length: 100000\r\n\r\n`);
    expect(await patienceWith(connection, 'x')).toBeLessThan(PATIENCE.requestMs + 10_000);
    expect(connection.received).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('with the body of a request that was refused', async () => {
    const connection = await connected();
    connection.send('POST /calls/1 HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100000\r\n\r\n');
    expect(await patienceWith(connection, 'x')).toBeLessThan(PATIENCE.requestMs + 10_000);
    expect(connection.received).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('with an upload, which ends upstream, too, and gives its place back', async () => {
    const connection = await connected();
    connection.send(`POST ${RAW} HTTP/1.1\r\n${linesAs('alice')}Content-Length: 100000\r\n\r\nFrom=`);
    await until(() => target.simulator.requests.some(({ method }) => method === 'POST'));
    await patienceWith(connection, 'x');
    // The only place of the account upstream.
    expect((await get(`${target.url}${RAW}/2001`, as('alice'))).status).toBe(200);
  });

  it('with reading what it has asked for', async () => {
    const label = `<Label><Name>${'x'.repeat(1000)}</Name></Label>`;
    const xml = `<r:Resource xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource"><Call id="2999"><State>FINISHED</State>${label.repeat(1000)}</Call></r:Resource>`;
    target.simulator.putCall('2999', Buffer.from(xml));
    await get(`${target.url}/calls/2999`, as('alice'));
    const connection = await RawConnection.open(target.url, { reads: false });
    open.push(connection);
    connection.send(`GET /calls/2999 HTTP/1.1\r\n${linesAs('alice')}\r\n`.repeat(20));
    // Not read either: the server waits for its answers to get away first.
    await connection.drip('G');
  });

  it('is told why, where no answer has begun', async () => {
    const connection = await connected();
    connection.send('GET /calls/');
    await connection.closed;
    expect(connection.answers.map(({ status }) => status)).toEqual([400]);
    expect(connection.answers[0]?.head).toContain('Content-Type: application/problem+json');
  });
});

describe('who is slow', () => {
  it('does not hold up the others', async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, connected));
    for (const connection of slow) connection.send(`GET /calls/${ID} HTTP/1.1\r\nX-Slow: `);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => get(`${target.url}/calls/${ID}`, as('alice'))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await Promise.all(slow.map((connection) => connection.drip('a')));
  });
});
