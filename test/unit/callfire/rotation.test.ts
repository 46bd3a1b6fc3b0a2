import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { AccountCredentials } from '../../../src/callfire/account-credentials.js';
import { authorizationOf } from '../../../src/callfire/credentials.js';
import { RecordingLog } from '../../support/recording-log.js';
import { callDocument, exceptionDocument, ID, rejection, UpstreamBench } from './small-upstreams.js';

const CURRENT = { login: 'current-login', password: 'current-password' };
const NEXT = { login: 'next-login', password: 'next-password' };
const [current, next] = [CURRENT, NEXT].map(authorizationOf) as [string, string];

const bench = new UpstreamBench();
afterEach(() => bench.close());

const answersCall = (response: ServerResponse): void => void response.end(callDocument());
const answers =
  (status: number) =>
  (response: ServerResponse): void =>
    void response.writeHead(status).end(exceptionDocument('no'));

/** A CallFire that answers those in `taken`, with `answer`, and a client that has two credentials. */
async function start(taken: Set<string>, answer: (response: ServerResponse) => void = answersCall) {
  const { url, requests } = await bench.http((request, response) => {
    if (taken.has(request.headers.authorization ?? '')) answer(response);
    else answers(401)(response);
  });
  const log = new RecordingLog();
  const credentials = new AccountCredentials({ current: CURRENT, next: NEXT, log });
  const client = bench.client(url, { credentials, maxConcurrency: 32 });
  return { client, credentials, log, sent: () => requests.map((it) => it.headers.authorization) };
}

describe('CallFireClient.fetchCall', () => {
  it('sends what is answered 401 once more, with the other credential, and remembers that', async () => {
    const { client, log, sent } = await start(new Set([next]));
    expect(await client.fetchCall(ID)).toMatchObject({ id: ID });
    expect(await client.fetchCall(ID)).toMatchObject({ id: ID });
    expect(sent()).toEqual([current, next, next]);
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { audit: 'credential-switch' } }]);
  });

  it('does so for each of many fetches that are rejected together', async () => {
    const { client, log, sent } = await start(new Set([next]));
    const calls = await Promise.all(Array.from({ length: 32 }, () => client.fetchCall(ID)));
    expect(calls.map(({ id }) => id)).toEqual(Array(32).fill(ID));
    expect(sent().filter((it) => it === next)).toHaveLength(32);
    expect(log.lines).toHaveLength(1);
  });

  it('rejects when both are rejected, each asked once, and stays with the current one', async () => {
    const { client, credentials, log, sent } = await start(new Set());
    expect(await rejection(client.fetchCall(ID))).toMatchObject({
      code: 'upstream-credentials-rejected',
      upstream: { status: 401, message: 'no' },
    });
    expect(sent()).toEqual([current, next]);
    expect(credentials.authorization).toBe(current);
    expect(log.lines).toEqual([]);
  });

  it('does not open the breaker for it', async () => {
    const { client } = await start(new Set());
    for (let times = 0; times < 40; times++) await rejection(client.fetchCall(ID));
    expect(client.breakerState).toBe('closed');
  });

  it('does not try the other one after a 403, which is about rights', async () => {
    const { client, sent } = await start(new Set([current]), answers(403));
    expect((await rejection(client.fetchCall(ID))).code).toBe('upstream-credentials-rejected');
    expect(sent()).toEqual([current]);
  });

  it('makes four requests at most: three attempts, and one more for the other credential', async () => {
    const { client, sent } = await start(new Set([next]), answers(503));
    expect((await rejection(client.fetchCall(ID))).code).toBe('upstream-error');
    expect(sent()).toEqual([current, next, next, next]);
  });

  it('goes on with the other one after a failure that passes', async () => {
    let failures = 2;
    const { client, credentials, sent } = await start(new Set([next]), (response) => {
      if (failures-- > 0) answers(503)(response);
      else answersCall(response);
    });
    expect(await client.fetchCall(ID)).toMatchObject({ id: ID });
    expect(sent()).toEqual([current, next, next, next]);
    expect(credentials.authorization).toBe(next);
  });

  it.each([403, 429, 500, 503])('does not take a %d for a sign that CallFire takes it', async (status) => {
    const { client, credentials } = await start(new Set([next]), answers(status));
    await rejection(client.fetchCall(ID));
    expect(credentials.authorization).toBe(current);
  });

  it('takes a 404 for one', async () => {
    const { client, credentials } = await start(new Set([next]), answers(404));
    expect((await rejection(client.fetchCall(ID))).code).toBe('call-not-found');
    expect(credentials.authorization).toBe(next);
  });

  it('has one time limit over both', async () => {
    const { url } = await bench.http((request, response) => {
      if (request.headers.authorization === current) answers(401)(response);
    });
    const credentials = new AccountCredentials({ current: CURRENT, next: NEXT, log: new RecordingLog() });
    const client = bench.client(url, { credentials, timeoutMs: 200 });
    expect((await rejection(client.fetchCall(ID))).code).toBe('upstream-timeout');
  });

  it('uses what replaces its credentials at once, also for a fetch that was under way', async () => {
    const replaced = { login: 'third-login', password: 'third-password' };
    const third = authorizationOf(replaced);
    const held: ServerResponse[] = [];
    const { url } = await bench.http((request, response) => {
      if (request.headers.authorization === third) answersCall(response);
      else if (held.push(response) === 1) onHeld();
    });
    let onHeld = (): void => undefined;
    const isHeld = new Promise<void>((resolve) => (onHeld = resolve));
    const credentials = new AccountCredentials({ current: CURRENT, log: new RecordingLog() });
    const client = bench.client(url, { credentials });
    const underWay = client.fetchCall(ID);
    await isHeld;
    credentials.replace(replaced);
    expect(await client.fetchCall(ID)).toMatchObject({ id: ID });
    held.forEach(answers(401));
    expect(await underWay).toMatchObject({ id: ID });
  });

  it('keeps credentials to itself that have been replaced while CallFire answered', async () => {
    const { client, credentials } = await start(new Set([current]), (response) => {
      credentials.replace(NEXT);
      response.writeHead(400).end(exceptionDocument(`not for ${CURRENT.login}, ${CURRENT.password}`));
    });
    const { upstream } = await rejection(client.fetchCall(ID));
    expect(upstream?.message).toBe('not for [redacted], [redacted]');
  });
});
