import { afterEach, describe, expect, it } from '@jest/globals';
import { createApiKey } from '../../src/access/api-key.js';
import { testConsumers } from '../support/consumers.js';
import { rawExchange } from '../support/raw-http.js';
import { get, startGateway, type Answer, type TestGateway } from '../support/gateway.js';

const ID = '224205636001';
const RAW = `/api/1.1/rest/call/${ID}`;
const APP = 'https://app.example.com';

let gateway: TestGateway | undefined;

afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});

const CONSUMERS = testConsumers([
  { name: 'web' },
  { name: 'sdk', scopes: ['calls:read', 'passthrough:read'] },
  { name: 'writer', scopes: ['passthrough:read', 'passthrough:write'] },
  { name: 'nothing', scopes: [] },
  { name: 'app', origins: [APP] },
  { name: 'few', limit: { requests: 3, seconds: 60 } },
  { name: 'late', expires: '2026-01-01T00:00:00Z' },
]);

interface Options {
  readonly environment?: Record<string, string>;
  readonly now?: () => number;
}

async function start({ environment, now }: Options = {}): Promise<TestGateway> {
  gateway = await startGateway({
    environment: { CONSUMERS_FILE: 'consumers', RATE_LIMIT_UNAUTHENTICATED: '1000/60', ...environment },
    files: { consumers: CONSUMERS.file },
    ...(now && { overrides: { now } }),
  });
  return gateway;
}

const bearer = (name: string) => ({ Authorization: `Bearer ${CONSUMERS.keyOf(name)}` });
const basic = (login: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`,
});
const code = (answer: Answer) => (answer.json as { code: string }).code;

describe('a key', () => {
  it.each([
    ['a bearer token', () => bearer('sdk')],
    ['X-API-Key', () => ({ 'X-API-Key': CONSUMERS.keyOf('sdk') })],
    ['Basic, with the name of the consumer', () => basic('sdk', CONSUMERS.keyOf('sdk'))],
    ['Basic, as login and password', () => basic(CONSUMERS.keyOf('sdk'), CONSUMERS.keyOf('sdk'))],
  ])('opens lookups and passthrough as %s', async (_case, headers) => {
    const { url } = await start();
    const call = await get(`${url}/calls/${ID}`, headers());
    expect(call.status).toBe(200);
    expect(call.json).toMatchObject({ id: ID });
    const again = await get(`${url}/calls/${ID}`, headers());
    expect(again.headers['cache-status']).toMatch(/; hit/);
    expect((await get(`${url}${RAW}`, headers())).text).toContain('<State>FINISHED</State>');
  });

  it('is wanted for every route but the health checks', async () => {
    const { url, simulator } = await start();
    for (const path of [`/calls/${ID}`, '/calls/x', '/', '/nowhere', '/metrics', '/api/1.1']) {
      const answer = await get(`${url}${path}`);
      expect([path, answer.status, code(answer)]).toEqual([path, 401, 'unauthenticated']);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="callfire-gateway"');
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    expect((await get(`${url}/healthz`)).status).toBe(200);
    expect((await get(`${url}/readyz`)).status).toBe(200);
    expect(simulator.requests).toEqual([]);
  });

  it('is refused in the same words, whatever is wrong with it', async () => {
    const { url } = await start();
    const known = CONSUMERS.keyOf('web');
    const wrong = {
      unknown: { Authorization: `Bearer ${createApiKey()}` },
      expired: bearer('late'),
      garbled: { Authorization: `Bearer ${known.slice(0, -1)}!` },
      empty: { 'X-API-Key': ' ' },
      "another consumer's name": basic('sdk', known),
      'no such name': basic('nobody', known),
      'no base64': { Authorization: 'Basic %%%' },
      'no token': { Authorization: 'Bearer a.b.c' },
    };
    const said = new Set<string>();
    for (const [what, headers] of Object.entries(wrong)) {
      const answer = await get(`${url}/calls/${ID}`, headers);
      expect([what, answer.status]).toEqual([what, 401]);
      const { detail, title } = answer.json as { detail: string; title: string };
      said.add(`${title}: ${detail}`);
    }
    expect(said.size).toBe(1);
  });

  it('is asked for as Basic, too, where SDKs come in, of which many send it only then', async () => {
    const { url } = await start();
    const challenge = async (path: string) => (await get(`${url}${path}`)).headers['www-authenticate'];
    expect(await challenge(RAW)).toBe(
      'Bearer realm="callfire-gateway", Basic realm="callfire-gateway", charset="UTF-8"',
    );
    expect(await challenge(`/calls/${ID}`)).toBe('Bearer realm="callfire-gateway"');
  });

  it('is never taken from a URL', async () => {
    const { url } = await start();
    const key = CONSUMERS.keyOf('web');
    expect((await get(`${url}/calls/${ID}?api_key=${key}&access_token=${key}`)).status).toBe(401);
  });

  it('is not accepted twice over', async () => {
    const { url } = await start();
    const answer = await get(`${url}/calls/${ID}`, {
      ...bearer('web'),
      'X-API-Key': CONSUMERS.keyOf('web'),
    });
    expect(answer.status).toBe(401);
  });

  it('stays here: CallFire gets the credentials of the account', async () => {
    const { url, simulator } = await start();
    await get(`${url}${RAW}`, { 'X-API-Key': CONSUMERS.keyOf('sdk') });
    const [seen] = simulator.requests;
    expect(JSON.stringify(seen?.headers)).not.toContain(CONSUMERS.keyOf('sdk'));
  });
});

describe('scopes', () => {
  it('are needed for what is asked', async () => {
    const { url, simulator } = await start({ environment: { PASSTHROUGH_WRITES: 'true' } });
    const status = async (name: string, path: string, method = 'GET') =>
      (await get(`${url}${path}`, bearer(name), { method })).status;
    expect(await status('web', `/calls/${ID}`)).toBe(200);
    expect(await status('web', RAW)).toBe(403);
    expect(await status('sdk', RAW)).toBe(200);
    expect(await status('sdk', '/api/1.1/rest/call', 'POST')).toBe(403);
    expect(await status('writer', `/calls/${ID}`)).toBe(403);
    expect(await status('writer', `/calls/${ID}?x=1`)).toBe(403);
    expect(await status('nothing', `/calls/${ID}`)).toBe(403);
    expect(simulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(await status('writer', '/api/1.1/rest/call', 'POST')).not.toBe(403);
    expect(simulator.requests.at(-1)?.method).toBe('POST');
  });

  it('that write are of no use while PASSTHROUGH_WRITES is off', async () => {
    const { url } = await start();
    const answer = await get(`${url}/api/1.1/rest/call`, bearer('writer'), { method: 'POST' });
    expect(answer.status).toBe(405);
  });
});

describe('a limit', () => {
  it('is counted down in the answers, then refuses until its window ends', async () => {
    const { url } = await start();
    const left: unknown[] = [];
    for (let n = 0; n < 3; n += 1) {
      const answer = await get(`${url}/calls/${ID}`, bearer('few'));
      expect(answer.status).toBe(200);
      expect(answer.headers['ratelimit-policy']).toBe('"consumer";q=3;w=60');
      left.push(/r=(\d+);t=\d+$/.exec(String(answer.headers['ratelimit']))?.[1]);
    }
    expect(left).toEqual(['2', '1', '0']);
    const refused = await get(`${url}/calls/${ID}`, bearer('few'));
    expect([refused.status, code(refused)]).toEqual([429, 'rate-limited']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await get(`${url}/calls/${ID}`, bearer('web'))).status).toBe(200);
  });

  it('of addresses holds for requests without a valid key alone', async () => {
    const { url } = await start({ environment: { RATE_LIMIT_UNAUTHENTICATED: '2/60' } });
    const stranger = () => get(`${url}/calls/${ID}`, { 'X-Forwarded-For': `192.0.2.${Math.random()}` });
    expect((await stranger()).status).toBe(401);
    expect((await stranger()).status).toBe(401);
    const refused = await stranger();
    expect([refused.status, code(refused)]).toEqual([429, 'rate-limited']);
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d?$/);
    expect((await get(`${url}/calls/${ID}`, bearer('web'))).status).toBe(200);
  });

  it('of addresses goes by what trusted proxies say', async () => {
    const environment = { RATE_LIMIT_UNAUTHENTICATED: '1/60', TRUST_PROXY: 'loopback' };
    const { url } = await start({ environment });
    const from = async (address: string) =>
      (await get(`${url}/calls/${ID}`, { 'X-Forwarded-For': address })).status;
    expect(await from('192.0.2.1')).toBe(401);
    expect(await from('192.0.2.2')).toBe(401);
    expect(await from('192.0.2.1')).toBe(429);
    // What the caller itself has put before what the proxy added.
    expect(await from('198.51.100.9, 192.0.2.1')).toBe(429);
  });
});

describe('browsers', () => {
  const origins = { CORS_ORIGINS: 'https://shared.example.com' };

  it('may ask in advance without a key, from the origins of all consumers', async () => {
    const { url } = await start({ environment: origins });
    const preflight = (origin: string) =>
      get(
        `${url}/calls/${ID}`,
        { Origin: origin, 'Access-Control-Request-Method': 'GET' },
        { method: 'OPTIONS' },
      );
    for (const origin of [APP, 'https://shared.example.com']) {
      const answer = await preflight(origin);
      expect(answer.status).toBe(204);
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      expect(answer.headers['access-control-allow-headers']).toContain('X-API-Key');
      expect(answer.headers['access-control-max-age']).toBe('600');
      expect(answer.headers.vary).toBe('Origin');
    }
    expect((await preflight('https://evil.example')).status).toBe(405);
  });

  it('may use a consumer from its own origins only', async () => {
    const { url } = await start({ environment: origins });
    const ask = (name: string, origin: string) =>
      get(`${url}/calls/${ID}`, { ...bearer(name), Origin: origin });
    const own = await ask('app', APP);
    expect([own.status, own.headers['access-control-allow-origin']]).toEqual([200, APP]);
    const foreign = await ask('app', 'https://shared.example.com');
    expect([foreign.status, code(foreign)]).toEqual([403, 'forbidden']);
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
    const shared = await ask('web', 'https://shared.example.com');
    expect(shared.headers['access-control-allow-origin']).toBe('https://shared.example.com');
    // Allowed for another consumer: what this one gets is not for that page.
    const another = await ask('web', APP);
    expect(another.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('do not write for pages of foreign origins, whoever is logged in', async () => {
    const { url, simulator } = await start({
      environment: { CORS_ORIGINS: APP, PASSTHROUGH_WRITES: 'true' },
    });
    const write = async (origin: string) => {
      const headers = { ...bearer('writer'), Origin: origin };
      return (await get(`${url}/api/1.1/rest/call`, headers, { method: 'POST' })).status;
    };
    expect(await write('https://evil.example')).toBe(403);
    expect(await write('null')).toBe(403);
    expect(simulator.requests).toEqual([]);
    expect(await write(APP)).not.toBe(403);
    expect(simulator.requests).toHaveLength(1);
  });

  it('can read why they are refused', async () => {
    const { url } = await start({ environment: origins });
    const answer = await get(`${url}/calls/${ID}`, { Origin: APP });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([401, APP]);
  });
});

describe('every answer', () => {
  it('tells browsers to take it for what it is', async () => {
    const { url } = await start();
    for (const path of [`/calls/${ID}`, `/calls/${ID}`, '/calls/7', '/healthz', RAW, '/nowhere']) {
      const { headers } = await get(`${url}${path}`, bearer('sdk'));
      expect([path, headers['x-content-type-options']]).toEqual([path, 'nosniff']);
      expect([path, headers['content-security-policy']]).toEqual([
        path,
        "default-src 'none'; frame-ancestors 'none'",
      ]);
    }
    expect((await get(`${url}/calls/${ID}`)).headers['x-content-type-options']).toBe('nosniff');
  });
});

describe('a call', () => {
  it('is not to be given by a cache to who has another key', async () => {
    const { url } = await start({ environment: { CORS_ORIGINS: APP } });
    const vary = async (path: string, headers: Record<string, string>) =>
      (await get(`${url}${path}`, headers)).headers.vary;
    const all = 'Authorization, X-API-Key, Origin';
    expect(await vary(`/calls/${ID}`, bearer('web'))).toBe(all);
    expect(await vary(`/calls/${ID}`, bearer('web'))).toBe(all);
    expect(await vary(`/calls/${ID}`, { ...bearer('web'), 'If-None-Match': '*' })).toBe(all);
    expect(await vary(RAW, bearer('sdk'))).toBe(all);
  });
});

describe('the audit', () => {
  it('says of each request who, what, when and with what outcome, and never the key', async () => {
    const { url, logLines } = await start();
    await get(`${url}/calls/${ID}`, bearer('web'));
    await get(`${url}/calls/${ID}`, { Authorization: `Bearer ${createApiKey()}` });
    await get(`${url}${RAW}`, bearer('web'));
    await get(`${url}/healthz`);
    const lines = logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const requests = lines.filter(({ msg }) => msg === 'request');
    const access = { audit: 'access', time: expect.any(Number), method: 'GET' };
    const web = { ...access, consumer: 'web', account: 'default' };
    expect(requests).toEqual([
      expect.objectContaining({ ...web, route: '/calls/:id', callId: ID, status: 200 }),
      expect.objectContaining({ ...access, address: '127.0.0.1', status: 401, code: 'unauthenticated' }),
      expect.objectContaining({ ...web, status: 403, code: 'forbidden' }),
      expect.not.objectContaining({ audit: 'access' }),
    ]);
    expect(logLines.join('')).not.toContain(CONSUMERS.keyOf('web'));
  });

  it('says also who sent what is no request', async () => {
    const { url, logLines } = await start();
    const answer = await rawExchange(url, 'GET / HTTP/1.1\r\nBad Header: 1\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('X-Content-Type-Options: nosniff');
    const line = logLines.find((each) => each.includes('"msg":"no request"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      ...{ audit: 'access', address: '127.0.0.1', status: 400, code: 'invalid-parameter' },
      reason: 'HPE_INVALID_HEADER_TOKEN',
    });
  });
});
