import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { get } from '../../support/gateway.js';
import { serve } from '../../support/process.js';
import { until } from '../../support/until.js';

// Two cores may be busy with other tests.
jest.setTimeout(60_000);

const CONNECTIONS = 2000;
const AT_ONCE = 250;

const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Connections on which these bytes have arrived, and nothing more comes. */
async function occupy(port: number, bytes: string): Promise<void> {
  for (let opened = 0; opened < CONNECTIONS; opened += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, () =>
      connect(port, '127.0.0.1').on('error', () => undefined),
    );
    sockets.push(...batch);
    await Promise.all(batch.map((socket) => once(socket, 'connect')));
    for (const socket of batch) if (bytes !== '') socket.write(bytes);
  }
}

describe('2,000 connections', () => {
  it.each<[string, string]>([
    ['that say nothing', ''],
    ['that stop within the headers', 'GET /calls/2001 HTTP/1.1\r\nX-Slow: '],
    ['that stop within the body', 'GET /calls/2001 HTTP/1.1\r\nHost: g\r\nContent-Length: 9\r\n\r\n'],
  ])('%s cost little, and others are answered as ever', async (_case, bytes) => {
    const { program, port, url } = await serve();
    await get(`${url}/calls/2001`);
    const before = program.residentMiB();

    await occupy(port, bytes);
    for (let id = 2001; id < 2021; id += 1) expect((await get(`${url}/calls/${id}`)).status).toBe(200);

    expect(program.residentMiB() - before).toBeLessThan(150);
    for (const socket of sockets.splice(0)) socket.destroy();
    await until(() => get(`${url}/calls/2001`).then(({ status }) => status === 200));
    program.signal('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });
});
