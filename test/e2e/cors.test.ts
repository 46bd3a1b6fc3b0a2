import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, startGateway, type Answer, type TestGateway } from '../support/gateway.js';

const ID = '224205636001';
const APP = 'https://app.example.com';
const LOCAL = 'http://localhost:3000';
const EXPOSED =
  'Age, Cache-Status, ETag, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id';
const ALLOWED =
  'Authorization, Cache-Control, If-None-Match, Traceparent, Tracestate, X-API-Key, X-Request-Id';

/** Answers of every kind: by what is asked, and the status. */
const ANSWERS: [string, string, Record<string, string>, number][] = [
  ['a call', `/calls/${ID}`, {}, 200],
  ['a call, through Express', `/calls/${ID}`, { 'Cache-Control': 'no-cache' }, 200],
  ['a call that the caller has', `/calls/${ID}`, { 'If-None-Match': '*' }, 304],
  ['the passthrough', `/api/1.1/rest/call/${ID}`, {}, 200],
  ['/healthz', '/healthz', {}, 200],
  ['an id that is none', '/calls/x', {}, 400],
  ['a query', `/calls/${ID}?x=1`, {}, 400],
  ['a call that does not exist', '/calls/77', {}, 404],
  ['a route that does not exist', '/nowhere', {}, 404],
  ['no acceptable type', `/calls/${ID}`, { Accept: 'text/html' }, 406],
  ['a call that CallFire fails to answer', '/calls/2101', {}, 502],
  ['a call that CallFire has no time for', '/calls/2102', {}, 503],
  ['the passthrough of a failure', '/api/1.1/rest/call/2103', {}, 502],
];

/** Headers that a browser could make something of. */
function corsHeaders({ headers }: Answer): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  );
}

/** A gateway for all tests of the describe block that this is called in. */
function gatewayFor(environment: Record<string, string>) {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway({ environment });
    gateway.simulator.setFault('2101', { status: 500 });
    gateway.simulator.setFault('2102', { status: 429 });
    gateway.simulator.setFault('2103', { status: 401 });
  });

  afterAll(async () => {
    await gateway.stop();
  });

  const options = (path: string, headers: Record<string, string>) =>
    get(`${gateway.url}${path}`, headers, { method: 'OPTIONS' });

  return {
    ask: (path: string, headers: Record<string, string>) => get(`${gateway.url}${path}`, headers),
    options,
    preflight: (path: string, headers: Record<string, string>) =>
      options(path, { 'Access-Control-Request-Method': 'GET', ...headers }),
    simulator: () => gateway.simulator,
  };
}

describe('CORS_ORIGINS with exact origins', () => {
  const { ask, options, preflight, simulator } = gatewayFor({ CORS_ORIGINS: `${APP}, ${LOCAL}` });

  describe.each([APP, LOCAL])('lets %s in', (origin) => {
    it.each(ANSWERS)('for %s', async (_case, path, headers, status) => {
      const answer = await ask(path, { ...headers, Origin: origin });
      expect(answer.status).toBe(status);
      expect(corsHeaders(answer)).toEqual({
        vary: 'Origin',
        'access-control-allow-origin': origin,
        'access-control-expose-headers': EXPOSED,
      });
    });

    it('after a preflight', async () => {
      const headers = { 'Access-Control-Request-Headers': 'cache-control,if-none-match' };
      const answer = await preflight(`/calls/${ID}`, { ...headers, Origin: origin });
      expect(answer.status).toBe(204);
      expect(answer.text).toBe('');
      expect(corsHeaders(answer)).toEqual({
        vary: 'Origin',
        'access-control-allow-origin': origin,
        'access-control-expose-headers': EXPOSED,
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': ALLOWED,
        'access-control-max-age': '600',
      });
    });
  });

  describe('keeps others out, and tells caches that the origin matters', () => {
    it.each([
      ['another host', 'https://evil.example'],
      ['a host that begins alike', `${APP}.evil.example`],
      ['a host that ends alike', 'https://not-app.example.com'],
      ['a subdomain', 'https://x.app.example.com'],
      ['another scheme', 'http://app.example.com'],
      ['another port', `${APP}:8443`],
      ['other letters', 'https://APP.example.com'],
      ['a path', `${APP}/`],
      ['a sandboxed frame', 'null'],
      ['two origins', `${APP}, ${LOCAL}`],
    ])('%s', async (_case, origin) => {
      const answer = await ask(`/calls/${ID}`, { Origin: origin });
      expect(answer.status).toBe(200);
      expect(corsHeaders(answer)).toEqual({ vary: 'Origin' });
      const asked = await preflight(`/calls/${ID}`, { Origin: origin });
      expect(asked.status).toBe(405);
      expect(corsHeaders(asked)).toEqual({ vary: 'Origin' });
    });

    it.each(ANSWERS)('for %s', async (_case, path, headers, status) => {
      const answer = await ask(path, { ...headers, Origin: 'https://evil.example' });
      expect(answer.status).toBe(status);
      expect(corsHeaders(answer)).toEqual({ vary: 'Origin' });
    });
  });

  it('means nothing to who is no browser', async () => {
    const answer = await ask(`/calls/${ID}`, {});
    expect(answer.status).toBe(200);
    expect(corsHeaders(answer)).toEqual({ vary: 'Origin' });
  });

  it('is not overruled by CallFire in the passthrough, which may vary by more', async () => {
    const headers = { 'Access-Control-Allow-Origin': '*', Vary: 'Accept' };
    simulator().setFault('2104', { headers });
    const answer = await ask('/api/1.1/rest/call/2104', { Origin: 'https://evil.example' });
    expect(corsHeaders(answer)).toEqual({ vary: 'Origin, Accept' });
  });

  it('leaves OPTIONS that is no preflight to the route', async () => {
    const answer = await options(`/calls/${ID}`, { Origin: APP });
    expect(answer.status).toBe(405);
    expect(corsHeaders(answer)).toMatchObject({ 'access-control-allow-origin': APP });
  });
});

describe('CORS_ORIGINS=*', () => {
  const { ask, preflight } = gatewayFor({ CORS_ORIGINS: '*' });

  it.each(ANSWERS)('lets every origin in for %s', async (_case, path, headers, status) => {
    const answer = await ask(path, { ...headers, Origin: 'https://any.example' });
    expect(answer.status).toBe(status);
    expect(corsHeaders(answer)).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': EXPOSED,
    });
  });

  it('answers a preflight', async () => {
    const answer = await preflight(`/calls/${ID}`, { Origin: 'null' });
    expect(answer.status).toBe(204);
    expect(corsHeaders(answer)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD',
    });
    expect(corsHeaders(answer)).not.toHaveProperty('access-control-allow-credentials');
  });
});

describe('Without CORS_ORIGINS', () => {
  const { ask, preflight } = gatewayFor({});

  it.each(ANSWERS)('no origin is let in for %s', async (_case, path, headers, status) => {
    const answer = await ask(path, { ...headers, Origin: APP });
    expect(answer.status).toBe(status);
    expect(corsHeaders(answer)).toEqual({});
  });

  it('a preflight is a method that is not allowed', async () => {
    const answer = await preflight(`/calls/${ID}`, { Origin: APP });
    expect(answer.status).toBe(405);
    expect(answer.json).toMatchObject({ code: 'method-not-allowed' });
    expect(corsHeaders(answer)).toEqual({});
  });
});
