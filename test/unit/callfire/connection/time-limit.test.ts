import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../../../support/until.js';
import { callDocument, ID, rejection, UpstreamBench } from '../small-upstreams.js';

const bench = new UpstreamBench();
afterEach(() => bench.close());

const TIMEOUT_MS = 150;

/** Expects `upstream-timeout` when the time is over: not before, and not much later. */
async function expectTimeout(fetched: Promise<unknown>): Promise<void> {
  const start = performance.now();
  const error = await rejection(fetched);
  expect(error.code).toBe('upstream-timeout');
  expect(error.message).toContain('150 milliseconds');
  const elapsedMs = performance.now() - start;
  expect(elapsedMs).toBeGreaterThan(TIMEOUT_MS - 10);
  expect(elapsedMs).toBeLessThan(TIMEOUT_MS + 1000);
}

describe('CallFireClient.fetchCall gives up when its time is over', () => {
  it('while nothing is answered, and hangs up', async () => {
    const { url, requests } = await bench.http(() => undefined);
    await expectTimeout(bench.client(url, { timeoutMs: TIMEOUT_MS }).fetchCall(ID));
    await until(() => requests[0]?.socket.destroyed === true);
    expect(requests).toHaveLength(1);
  });

  it('while the answer drips', async () => {
    const { url } = await bench.http((_request, response) => {
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => {
        clearInterval(drip);
      });
    });
    await expectTimeout(bench.client(url, { timeoutMs: TIMEOUT_MS }).fetchCall(ID));
  });

  it('while an error body does not end', async () => {
    const { url } = await bench.http((_request, response) => response.writeHead(500).write('<html>'));
    await expectTimeout(bench.client(url, { timeoutMs: TIMEOUT_MS }).fetchCall(ID));
  });

  it('while a connection is being made', async () => {
    const { port } = await bench.tcp(() => undefined);
    await expectTimeout(
      bench.client(new URL(`https://127.0.0.1:${port}`), { timeoutMs: TIMEOUT_MS }).fetchCall(ID),
    );
  });

  it('while trying again', async () => {
    const { url, requests } = await bench.http((_request, response) => {
      if (requests.length < 3) response.socket?.resetAndDestroy();
    });
    await expectTimeout(bench.client(url, { timeoutMs: TIMEOUT_MS }).fetchCall(ID));
    expect(requests).toHaveLength(3);
  });

  it('while waiting for its turn, and leaves its place to others', async () => {
    const { url } = await bench.http((request, response) => {
      if (request.url?.endsWith('/3') === true) response.end(callDocument('3'));
    });
    const client = bench.client(url, { timeoutMs: TIMEOUT_MS, maxConcurrency: 1 });
    await Promise.all([expectTimeout(client.fetchCall('1')), expectTimeout(client.fetchCall('2'))]);
    expect(await client.fetchCall('3')).toMatchObject({ id: '3' });
  });

  it('and is served again as soon as CallFire answers', async () => {
    let healed = false;
    const { url } = await bench.http((_request, response) => {
      if (healed) response.end(callDocument());
    });
    const client = bench.client(url, { timeoutMs: 1000, maxConcurrency: 3 });
    const failed = await Promise.all(Array.from({ length: 3 }, () => rejection(client.fetchCall(ID))));
    expect(failed.map((error) => error.code)).toEqual(Array(3).fill('upstream-timeout'));
    healed = true;
    expect(await Promise.all(Array.from({ length: 10 }, () => client.fetchCall(ID)))).toHaveLength(10);
  });
});
