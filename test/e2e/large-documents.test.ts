import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { answerWith } from '../../src/calls/call-answer.js';
import type { Call } from '../../src/calls/call.js';
import { STUBBORN_WORKER } from '../support/document-worker.js';
import { get, startGateway, type Answer, type TestGateway } from '../support/gateway.js';
import { emptyElements, longCall } from '../support/large-documents.js';
import { startLoad } from '../support/load.js';
import { until } from '../support/until.js';

const MEGABYTE = 1_000_000;
const STORED = '7';
/** Reading is slow on a machine that has other things to do. */
const PATIENT = { UPSTREAM_TIMEOUT_MS: '50000' };

let upstream: Server | undefined;
let gateway: TestGateway | undefined;
let sent: string[] = [];
afterEach(async () => {
  await gateway?.stop();
  upstream?.close();
  upstream?.closeAllConnections();
  sent = [];
});

type Options = NonNullable<Parameters<typeof startGateway>[0]>;

/** A gateway before a CallFire that answers with these documents by the call's id, and else with an ordinary one. */
async function start(
  documents: Readonly<Record<string, Buffer>>,
  { environment, overrides }: Options = {},
): Promise<string> {
  upstream = createServer((request, response) => {
    const id = request.url?.split('/').pop() ?? '';
    response.end(documents[id] ?? longCall(id, 1000), () => sent.push(id));
  });
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  gateway = await startGateway({
    environment: { CALLFIRE_BASE_URL: `http://127.0.0.1:${portOf(upstream)}`, ...environment },
    overrides: { ...overrides },
  });
  return gateway.url;
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function call(url: string, id: string): Promise<Answer> {
  return get(`${url}/calls/${id}`);
}

it('hits are answered while a document of 10 MB is read, which is answered whole and stored', async () => {
  const document = longCall('10', 10 * MEGABYTE);
  const url = await start({ '10': document }, { environment: PATIENT });
  await call(url, STORED);

  const load = startLoad({ url, ids: [STORED], clients: 1 });
  const startedAt = performance.now();
  const answer = await call(url, '10');
  const ms = performance.now() - startedAt;
  const hits = await load.stop();
  expect(hits.filter((hit) => !hit.cacheStatus.startsWith('callfire-gateway; hit;'))).toEqual([]);
  // Where reading blocks, only those are answered that come while the document is on its way: a dozen.
  expect(hits.length).toBeGreaterThan(100);
  expect(Math.max(...hits.map((hit) => hit.ms))).toBeLessThan(ms / 2);

  const answered = answer.json as Call;
  expect(answered.callRecords).toHaveLength(document.toString('latin1').split('<CallRecord ').length - 1);
  const again = answerWith(answered);
  expect(answer.headers.etag).toBe(again.etag);
  expect(answer.text === again.body).toBe(true);

  const stored = await call(url, '10');
  expect(stored.headers['cache-status']).toMatch(/^callfire-gateway; hit;/);
  expect(stored.text === answer.text).toBe(true);
}, 60_000);

describe('a document that would take all memory', () => {
  const attributes = Array.from({ length: 1_000_000 }, (_, index) => `a${index}=""`).join(' ');
  it.each([
    ['elements', emptyElements('20', 2 * MEGABYTE), 'more elements and attributes than a call could'],
    ['attributes', emptyElements('20', 1000, `<a ${attributes}/>`), 'a tag with more than 1000 attributes'],
  ])('of %s is refused, and then others are answered, short and long', async (_of, document, why) => {
    const url = await start({ '20': document, '21': longCall('21', 500_000) }, { environment: PATIENT });
    const refused = await call(url, '20');
    expect(refused.json).toMatchObject({ status: 502, code: 'upstream-invalid-response' });
    expect(refused.text).toContain(why);
    expect((await call(url, STORED)).status).toBe(200);
    expect((await call(url, '21')).status).toBe(200);
  });
});

describe('a document that takes all time', () => {
  const documents = { '1': longCall('1', 100_000), '31': longCall('31', 100_000) };

  it('is given up at the deadline, and then others are answered, short and long', async () => {
    const url = await start(documents, {
      environment: { UPSTREAM_TIMEOUT_MS: '1500' },
      overrides: { documentWorker: STUBBORN_WORKER },
    });
    expect((await call(url, '1')).json).toMatchObject({ status: 504, code: 'upstream-timeout' });
    expect((await call(url, STORED)).status).toBe(200);
    expect((await call(url, '31')).status).toBe(200);
  });

  it('does not hold up a stop for longer than the grace', async () => {
    const url = await start(documents, {
      environment: { SHUTDOWN_GRACE_MS: '100', UPSTREAM_TIMEOUT_MS: '60000' },
      overrides: { documentWorker: STUBBORN_WORKER },
    });
    const cut = call(url, '1').catch(() => 'cut');
    await until(() => sent.includes('1'));
    await gateway?.stop();
    expect(await cut).toBe('cut');
  });
});

it('a stop waits for the answer whose document is being read', async () => {
  const url = await start({ '41': longCall('41', MEGABYTE) });
  const answer = call(url, '41');
  await until(() => sent.includes('41'));
  await gateway?.stop();
  expect((await answer).status).toBe(200);
});
