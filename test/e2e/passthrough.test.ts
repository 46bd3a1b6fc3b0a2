import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import callfire from 'callfire';
import { LOGIN, PASSWORD, startGateway, type TestGateway } from '../support/gateway.js';
import { serve } from '../support/process.js';

const BASE = '/api/1.1/rest';
const basic = (login: string, password: string) =>
  `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`;
const CALLFIRES = { headers: { Authorization: basic(LOGIN, PASSWORD) } };

const open: TestGateway[] = [];

afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.stop();
});

async function start(...options: Parameters<typeof startGateway>): Promise<TestGateway> {
  const gateway = await startGateway(...options);
  open.push(gateway);
  return gateway;
}

/** Expects a problem body of this code, and answers it. */
async function expectProblem(response: Response, status: number, code: string): Promise<object> {
  expect(response.status).toBe(status);
  expect(response.headers.get('Content-Type')).toMatch(/^application\/problem\+json/);
  const body = (await response.json()) as object;
  expect(body).toMatchObject({ type: `urn:callfire-gateway:problem:${code}`, status, code });
  expect(body).toHaveProperty('requestId', response.headers.get('X-Request-Id'));
  return body;
}

describe('passthrough', () => {
  it.each([
    ['/call/224205636001', 'application/xml'],
    ['/call/224205636001.json', 'application/json'],
    ['/call?State=FINISHED%20READY&MaxResults=3', 'application/xml'],
    ['/call/7', 'application/xml'],
    ['/call/2001/answer.mp3', 'audio/mpeg'],
    ['/call/2001/big-3000001.wav', 'audio/wav'],
  ])('answers %s byte for byte as CallFire does, %s', async (path, type) => {
    const { url, simulator } = await start();

    const passed = await fetch(url + BASE + path);
    const direct = await fetch(simulator.baseUrl + path, CALLFIRES);

    expect(passed.status).toBe(direct.status);
    expect(passed.headers.get('Content-Type')).toBe(type);
    expect(passed.headers.get('Content-Length')).toBe(direct.headers.get('Content-Length'));
    expect(passed.headers.get('X-Request-Id')).not.toBeNull();
    const [got, wanted] = await Promise.all([passed.arrayBuffer(), direct.arrayBuffer()]);
    expect(Buffer.from(got).equals(Buffer.from(wanted))).toBe(true);
  });

  it("puts the gateway's credentials in the place of whatever the caller sends", async () => {
    const { url, simulator } = await start();
    const headers = { Authorization: basic('any', 'key'), 'X-Api-Key': 'key', Cookie: 'a=b' };

    expect((await fetch(`${url}${BASE}/call/2001`, { headers })).status).toBe(200);

    expect(simulator.requests[0]?.headers.authorization).toBe(basic(LOGIN, PASSWORD));
    expect(JSON.stringify(simulator.requests[0]?.headers)).not.toMatch(/key|cookie/);
  });

  it('keeps the headers to itself that are between CallFire and the gateway', async () => {
    const { url, simulator } = await start();
    const headers = {
      'Set-Cookie': 'session=1',
      'WWW-Authenticate': 'Basic',
      'Keep-Alive': 'timeout=9',
      'X-Kept': 'yes',
      'X-Echo': basic(LOGIN, PASSWORD),
    };
    simulator.setFault('2001', { headers });

    const response = await fetch(`${url}${BASE}/call/2001`);

    expect(response.headers.get('X-Kept')).toBe('yes');
    for (const name of ['Set-Cookie', 'WWW-Authenticate', 'X-Echo'])
      expect(response.headers.has(name)).toBe(false);
    expect(response.headers.get('Keep-Alive')).not.toBe('timeout=9');
  });

  it('writes nothing unless writes are allowed', async () => {
    const { url, simulator } = await start();

    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const response = await fetch(`${url}${BASE}/call`, { method });
      await expectProblem(response, 405, 'method-not-allowed');
      expect(response.headers.get('Allow')).toBe('GET, HEAD');
    }

    expect(simulator.requests).toEqual([]);
  });

  it('writes with PASSTHROUGH_WRITES=true', async () => {
    const { url, simulator } = await start({ environment: { PASSTHROUGH_WRITES: 'true' } });
    const body = new URLSearchParams({ From: '12132609784', To: '19196991764' });

    const sent = await fetch(`${url}${BASE}/call`, { method: 'POST', body });
    const removed = await fetch(`${url}${BASE}/subscription/5`, { method: 'DELETE' });

    expect(sent.status).toBe(201);
    expect(await sent.text()).toContain('ResourceReference');
    expect(removed.status).toBe(200);
    expect(simulator.requests.map((request) => [request.method, request.body])).toEqual([
      ['POST', 'From=12132609784&To=19196991764'],
      ['DELETE', undefined],
    ]);
  });

  it('is not there with PASSTHROUGH=off', async () => {
    const { url, simulator } = await start({ environment: { PASSTHROUGH: 'off' } });

    await expectProblem(await fetch(`${url}${BASE}/call/2001`), 404, 'route-not-found');
    expect(simulator.requests).toEqual([]);
  });
});

describe('passthrough: failures', () => {
  it("never passes CallFire's 401 on as one of the caller's", async () => {
    const { url, logLines } = await start({ simulator: { password: 'another' } });

    const response = await fetch(`${url}${BASE}/call/2001`);

    expect(response.headers.has('WWW-Authenticate')).toBe(false);
    const problem = await expectProblem(response, 502, 'upstream-credentials-rejected');
    expect(problem).toMatchObject({ upstream: { status: 401 } });
    expect(logLines.filter((line) => line.includes('"level":50'))).toHaveLength(1);
  });

  it('answers a problem while there is nothing of an answer yet', async () => {
    const { url, simulator } = await start({ environment: { UPSTREAM_TIMEOUT_MS: '100' } });

    simulator.setFault('*', { stall: 'headers' });
    await expectProblem(await fetch(`${url}${BASE}/call/2001`), 504, 'upstream-timeout');
    simulator.setFault('*', { reset: true });
    await expectProblem(await fetch(`${url}${BASE}/call/2001`), 502, 'upstream-unreachable');
  });

  it.each([false, true])(
    'cuts the connection where CallFire cuts the answer (chunked: %s)',
    async (chunked) => {
      const { url, simulator } = await start();
      simulator.setFault('2001', { cutAfterBytes: 100, chunked });

      const answer = fetch(`${url}${BASE}/call/2001`).then((response) => response.text());

      await expect(answer).rejects.toThrow();
    },
  );
});

describe('passthrough: paths', () => {
  it.each([
    '/../admin',
    '/call/..',
    '/call/%2e%2e/%2E%2E/admin',
    '/%252e%252e/admin',
    '/call/..%2fadmin',
    '/call/..%5cadmin',
    '/..;/admin',
    '//evil.example/call',
    '/http://evil.example/call',
    '/call/1%00',
    '/call/1#x',
    '/call/%zz',
  ])('refuses %s with a problem and sends nothing upstream', async (path) => {
    const { url, simulator } = await start();

    const answer = await sendRaw(url, `GET ${BASE}${path} HTTP/1.1`);

    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/^X-Request-Id: .+$/im);
    expect(answer).toMatch(/"code":"invalid-parameter"/);
    expect(simulator.requests).toEqual([]);
  });

  it.each([
    'http://evil.example/api/1.1/rest/call/1',
    '/api/1.1/rest.evil.example/call/1',
    '/api/1.1/%72est/call/1',
  ])('takes %s for no other host', async (target) => {
    const { url, simulator } = await start();

    expect(await sendRaw(url, `GET ${target} HTTP/1.1`)).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(simulator.requests).toEqual([]);
  });

  async function sendRaw(url: string, requestLine: string): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`${requestLine}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`);
    return text(socket);
  }
});

describe('passthrough: large recordings', () => {
  const inLinux = process.platform === 'linux' ? it : it.skip;

  inLinux('reach a slow reader whole, without piling up in memory', async () => {
    const { program, simulator, url } = await serve();
    const path = '/call/2001/big-100000000.mp3';
    // So that the memory in which Node reads and writes is there already.
    await (await fetch(`${url}${BASE}/call/2001/big-20000000.mp3`)).arrayBuffer();
    const before = program.residentMiB();

    const [response] = (await once(get(`${url}${BASE}${path}`), 'response')) as [IncomingMessage];
    const received = createHash('md5');
    let most = 0;
    let unread = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      received.update(chunk);
      unread += chunk.length;
      if (unread < 2_000_000) continue;
      unread = 0;
      await pause(20);
      most = Math.max(most, program.residentMiB());
    }

    expect(most - before).toBeLessThan(50);
    expect(received.digest('hex')).toBe(await digestOf(simulator.baseUrl + path));
  });

  async function digestOf(url: string): Promise<string> {
    const [response] = (await once(get(url, CALLFIRES), 'response')) as [IncomingMessage];
    const digest = createHash('md5');
    for await (const chunk of response as AsyncIterable<Buffer>) digest.update(chunk);
    return digest.digest('hex');
  }
});

/** CallFire's own SDK for Node; callbacks get the answer's text. Only `base_path` and the login tell it of the gateway. */
function sdk(baseUrl: string, login: string, password: string) {
  const client = callfire(login, password, 'Call');
  client.base_path = baseUrl;
  return {
    getCall: (id: string) => new Promise<string>((resolve) => void client.GetCall(id, resolve)),
    queryCalls: (query: object) => new Promise<string>((resolve) => void client.QueryCalls(query, resolve)),
    sendCall: (call: object) => new Promise<string>((resolve) => void client.SendCall(call, resolve)),
  };
}

describe("CallFire's own SDK", () => {
  it('needs only a new base URL, and any login and password', async () => {
    const { url, simulator } = await start({ environment: { PASSTHROUGH_WRITES: 'true' } });
    const before = sdk(simulator.baseUrl, LOGIN, PASSWORD);
    const after = sdk(url + BASE, 'any', 'key');
    const query = { State: 'FINISHED', MaxResults: 5, ToNumber: '19196991764' };

    expect(await after.getCall('224205636001')).toContain('<Call id="224205636001">');
    expect(await after.getCall('224205636001')).toBe(await before.getCall('224205636001'));
    expect(await after.queryCalls(query)).toBe(await before.queryCalls(query));
    expect(await after.getCall('7')).toContain('ResourceException');
    expect(await after.sendCall({ To: '12132609784', From: '19196991764', Type: 'VOICE' })).toContain(
      'ResourceReference',
    );
  });
});
