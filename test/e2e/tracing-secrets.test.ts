import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCollector, type Collector } from '../support/collector.js';
import { get, LOGIN, PASSWORD, type TestGateway } from '../support/gateway.js';
import { startTracedGateway } from '../support/traced-gateway.js';

const FOUND = '8675309001';
const MISSING = '8675309002';
const REFUSED = '8675309003';
const FAILING = '8675309004';
const BROKEN = '8675309005';
const SLOW = '8675309006';
const OTHERWISE = '8675309999';
const NUMBER = '15005550006';
const KEY = 'cfgw_Wh0psAKey';
const COLLECTOR_KEY = 'collect0r-k3y';

const spellings = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
];
const SECRETS = [LOGIN, PASSWORD, `${LOGIN}:${PASSWORD}`, NUMBER, KEY, COLLECTOR_KEY, '86753090', OTHERWISE];

/** All that a caller can say, with something in it that must not be told. */
const HEADERS = {
  authorization: `Bearer ${KEY}`,
  'x-api-key': KEY,
  'x-request-id': `${KEY}-${NUMBER}`,
  'user-agent': NUMBER,
  referer: `https://app.example.com/?key=${KEY}`,
  cookie: `session=${KEY}`,
  origin: `https://${NUMBER}.example.com`,
  'x-forwarded-for': NUMBER,
  baggage: `number=${NUMBER}`,
  tracestate: `vendor=${NUMBER}`,
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};

let collector: Collector;
let traced: TestGateway;

beforeEach(async () => {
  collector = await startCollector();
});

afterEach(async () => {
  await traced.stop();
  await collector.close();
});

describe('what a collector gets', () => {
  it('holds no number, id, key, credential, path as sent or header of any request', async () => {
    traced = await startTracedGateway(collector, {
      OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${COLLECTOR_KEY}`,
      PASSTHROUGH_WRITES: 'true',
      UPSTREAM_TIMEOUT_MS: '1500',
    });
    const { url, simulator, gateway } = traced;
    const told = `${NUMBER} ${KEY} ${LOGIN}:${PASSWORD}`;
    simulator.putCall(FOUND, { state: 'FINISHED', fromNumber: NUMBER, toNumber: NUMBER, labels: [KEY] });
    simulator.putCall(BROKEN, { state: 'FINISHED', toNumber: NUMBER });
    simulator.putCall(SLOW, { state: 'READY', toNumber: NUMBER });
    simulator.setFault(REFUSED, { status: 401, exception: told });
    simulator.setFault(FAILING, { status: 500, exception: told, headers: { 'x-told': NUMBER } });
    simulator.setFault(BROKEN, { malformed: true });
    simulator.setFault(SLOW, { stall: 'body' });

    const ask = (path: string, headers = {}, method = 'GET') =>
      get(url + path, { ...HEADERS, ...headers }, { method });
    const lookups = [FOUND, FOUND, MISSING, REFUSED, FAILING, BROKEN, SLOW].map((id) => `/calls/${id}`);
    for (const path of lookups) await ask(path);
    await ask(`/calls/${FOUND}`, { 'cache-control': 'no-cache' });
    await ask(`/calls/${FOUND}`, { 'cache-control': 'only-if-cached' });
    await ask(`/calls/${OTHERWISE}`, { 'cache-control': 'only-if-cached' });
    await ask(`/calls/${FOUND}`, { 'if-none-match': `"${KEY}"`, traceparent: `00-${NUMBER}-01` });
    await ask(`/calls/${FOUND}?number=${NUMBER}`);
    await ask(`/calls/x${NUMBER}`);
    await ask(`/calls/%${NUMBER}`);
    await ask(`/calls/${FOUND}`, {}, 'DELETE');
    await ask(`/calls/${FOUND}`, { 'access-control-request-method': 'GET' }, 'OPTIONS');
    await ask(`/${NUMBER}/${KEY}`);
    await ask(`/healthz?number=${NUMBER}`);
    await ask('/readyz');
    const passed = '/api/1.1/rest/call';
    for (const path of [`/${FOUND}`, `/${REFUSED}`, `/${FAILING}`, `?ToNumber=${NUMBER}`, `/..%2f${KEY}`])
      await ask(passed + path);
    await ask(`${passed}/${FOUND}`, {}, 'DELETE');
    await gateway.stop();

    expect(new Set(collector.spans.map(({ name }) => name))).toEqual(
      new Set([
        ...['GET', 'OPTIONS', 'GET /calls/:id', 'DELETE /calls/:id', 'GET /healthz', 'GET /readyz'],
        ...['GET /api/1.1/rest/**', 'DELETE /api/1.1/rest/**', 'passthrough'],
        ...['lookup', 'cache read', 'cache write', 'fetch', 'GET /call/:id', 'parse'],
      ]),
    );
    const bytes = collector.exports
      .map(({ url: path, headers: { 'x-api-key': _ours, ...headers }, body }) =>
        [path, JSON.stringify(headers), body].join('\n'),
      )
      .join('\n');
    const leaked = SECRETS.filter((secret) => spellings(secret).some((text) => bytes.includes(text)));
    expect(leaked).toEqual([]);
  });
});
