import { once } from 'node:events';
import { Agent, createServer, get as httpGet, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { createMemoryCache } from '../../src/cache/memory-cache.js';
import { AccountCredentials } from '../../src/callfire/account-credentials.js';
import { CallFireClient } from '../../src/callfire/callfire-client.js';
import { createFailureReport } from '../../src/callfire/failure-report.js';
import { CallLookup } from '../../src/calls/lookup.js';
import { readConfig } from '../../src/config.js';
import { createGateway } from '../../src/gateway.js';
import { createPassthrough } from '../../src/http/passthrough/passthrough.js';
import { createLogTo } from '../../src/logger.js';
import { createSimulator, type Login } from '../../src/simulator/simulator.js';
import { DOCUMENT_WORKER } from '../support/document-worker.js';
import { get } from '../support/gateway.js';
import { RecordingLog } from '../support/recording-log.js';
import { until } from '../support/until.js';

const FIRST = { login: 'first-login', password: 'first-password' };
const SECOND = { login: 'second-login', password: 'second-password' };
const THIRD = { login: 'third-login', password: 'third-password' };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A CallFire that knows these logins at first. */
async function startSimulator(...logins: Login[]) {
  const simulator = createSimulator();
  simulator.setCredentials(logins);
  await simulator.start();
  closers.push(() => simulator.stop());
  return simulator;
}

/** Lookups and the passthrough on one account, as the gateway puts them together. */
async function startAccount(baseUrl: string, current: Login) {
  const log = new RecordingLog();
  const credentials = new AccountCredentials({ current, log });
  const upstream = {
    ...{ baseUrl: new URL(baseUrl), credentials, timeoutMs: 10_000, maxConcurrency: 8 },
    report: createFailureReport(log),
  };
  const client = new CallFireClient({
    ...{ ...upstream, log, maxBytes: 1_000_000, documentWorker: DOCUMENT_WORKER },
  });
  closers.push(() => client.close());
  const lookup = new CallLookup({
    source: client,
    cache: createMemoryCache({ maxBytes: 1_000_000 }),
    keyOf: (id) => `account:${id}`,
    policy: {
      ...{ states: new Set(['FINISHED']), ttlSeconds: 3600, settleSeconds: 0 },
      ...{ staleSeconds: 0, negativeSeconds: 0 },
    },
    cacheTimeoutMs: 1000,
    now: Date.now,
  });
  const containsSecret = () => false;
  const passthrough = createPassthrough({ ...upstream, containsSecret, allowWrites: false });
  const server = createServer(express().use(passthrough.router));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closers.push(() => {
    passthrough.close();
    server.closeAllConnections();
    server.close();
  });
  return { credentials, log, lookup, url: `http://127.0.0.1:${port}` };
}

/** Asks again and again, four at a time, until it is stopped; `ask` says what went wrong. */
function load(ask: () => Promise<string | undefined>) {
  const seen = { done: 0, failures: [] as string[] };
  let stopped = false;
  const run = async () => {
    while (!stopped) {
      const failure = await ask();
      if (failure !== undefined) seen.failures.push(failure);
      seen.done++;
    }
  };
  const running = Promise.all(Array.from({ length: 4 }, run));
  return { seen, stop: () => ((stopped = true), running) };
}

describe('rotating the credentials of an account under load', () => {
  it('costs no request and no kept entry', async () => {
    const simulator = await startSimulator(FIRST);
    const { credentials, log, lookup, url } = await startAccount(simulator.baseUrl, FIRST);
    await lookup.lookup('2999', { noCache: false, onlyIfCached: false });
    expect(simulator.requestsFor('2999')).toBe(1);

    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    closers.push(() => {
      agent.destroy();
    });
    let asked = 0;
    const loads = [
      load(async () => {
        const id = String(2001 + (asked++ % 900));
        const result = await lookup.lookup(id, { noCache: true, onlyIfCached: false });
        return 'error' in result ? result.error.code : undefined;
      }),
      load(async () => {
        const [response] = (await once(httpGet(`${url}/call/2001.json`, { agent }), 'response')) as [
          IncomingMessage,
        ];
        const body = await text(response);
        return response.statusCode === 200 && body.endsWith('}') ? undefined : `${response.statusCode ?? 0}`;
      }),
    ];
    const served = async () => {
      const before = loads.map(({ seen }) => seen.done);
      await until(() => loads.every(({ seen }, index) => seen.done >= (before[index] ?? 0) + 40));
    };

    await served();
    simulator.setCredentials([FIRST, SECOND]);
    credentials.replace(FIRST, SECOND);
    await served();
    simulator.setCredentials([SECOND]);
    await served();
    credentials.replace(SECOND);
    await served();
    // What is under way with the second is rejected, and tries the third.
    credentials.replace(THIRD);
    simulator.setCredentials([THIRD]);
    await served();
    await Promise.all(loads.map(({ stop }) => stop()));

    expect(loads.map(({ seen }) => seen.failures)).toEqual([[], []]);
    expect(log.lines.map(({ fields }) => fields)).toEqual([
      { audit: 'credential-switch', from: 'current', to: 'next' },
    ]);
    const kept = await lookup.lookup('2999', { noCache: false, onlyIfCached: true });
    expect(kept.cache.kind).toBe('hit');
    expect(simulator.requestsFor('2999')).toBe(1);
  });
});

describe('an account in ACCOUNTS_FILE', () => {
  it('is asked with its next credential when the current one is rejected, and the log names it', async () => {
    const simulator = await startSimulator(SECOND);
    const account = { name: 'sales', baseUrl: simulator.baseUrl, allowHttp: true };
    const file = JSON.stringify({ accounts: [{ ...account, current: FIRST, next: SECOND }] });
    const lines: string[] = [];
    const gateway = createGateway(
      readConfig({ PORT: '0', ACCOUNTS_FILE: 'accounts.json' }, () => file),
      {
        ...{ idleMs: 0, documentWorker: DOCUMENT_WORKER },
        log: createLogTo('info', { write: (line: string) => void lines.push(line) }),
      },
    );
    closers.push(() => gateway.stop());
    const url = `http://127.0.0.1:${await gateway.start()}`;

    expect((await get(`${url}/calls/2001`)).status).toBe(200);
    expect((await get(`${url}/api/1.1/rest/call/2002`)).status).toBe(200);
    simulator.setCredentials([]);
    expect((await get(`${url}/calls/2003`)).status).toBe(502);

    const told = lines.map((line) => JSON.parse(line) as object).filter((line) => 'account' in line);
    expect(told).toMatchObject([
      { account: 'sales', audit: 'credential-switch', from: 'current', to: 'next', level: 40 },
      { account: 'sales', code: 'upstream-credentials-rejected', level: 50 },
    ]);
    expect(lines.join('')).not.toMatch(/first-|second-|Basic/);
    expect(simulator.requests.filter(({ url: path }) => path.endsWith('/2003'))).toHaveLength(2);
  });
});
