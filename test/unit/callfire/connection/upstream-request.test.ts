import { afterEach, describe, expect, it } from '@jest/globals';
import { buildConnector, Pool } from 'undici';
import { Deadline } from '../../../../src/callfire/connection/deadline.js';
import { sendRequest } from '../../../../src/callfire/connection/upstream-request.js';
import { GatewayError } from '../../../../src/errors.js';
import { callDocument, rejection, UpstreamBench } from '../small-upstreams.js';

const bench = new UpstreamBench();
afterEach(() => bench.close());

describe('sendRequest', () => {
  it('does not send what was given up while a connection was made, and keeps the connection', async () => {
    const { url, requests } = await bench.http((_request, response) => response.end(callDocument()));
    let connections = 0;
    let connect = (): void => undefined;
    const connector = buildConnector({});
    const pool = new Pool(url.origin, {
      connections: 1,
      connect: (options, callback) => {
        connections++;
        connect = () => {
          connector(options, callback);
        };
      },
    });
    const deadline = new Deadline(60_000);
    const later = new Deadline(60_000);
    const givenUp = rejection(sendRequest(pool, { method: 'GET', path: '/given-up' }, 1000, deadline));
    deadline.end(new GatewayError('upstream-timeout', 'too late'));
    await givenUp;
    const next = sendRequest(pool, { method: 'GET', path: '/next' }, 1000, later);
    connect();
    expect(await next).toMatchObject({ kind: 'answer', status: 200 });
    expect(requests.map((request) => request.url)).toEqual(['/next']);
    expect(connections).toBe(1);
    deadline.clear();
    later.clear();
    await pool.close();
  });
});
