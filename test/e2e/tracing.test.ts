import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { arrivalsAt } from '../support/arrivals.js';
import { startCollector, type Collector, type CollectedSpan } from '../support/collector.js';
import { freePort } from '../support/free-port.js';
import { get, type TestGateway } from '../support/gateway.js';
import { environmentFor, Program, serve, startSimulator, type Environment } from '../support/process.js';
import { startTracedGateway } from '../support/traced-gateway.js';
import { until } from '../support/until.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

let collector: Collector;
let gateways: TestGateway[];

beforeEach(async () => {
  collector = await startCollector();
  gateways = [];
});

afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await collector.close();
});

async function startTraced(settings: Environment = {}): Promise<TestGateway> {
  const gateway = await startTracedGateway(collector, settings);
  gateways.push(gateway);
  return gateway;
}

const childrenOf = (parent: CollectedSpan | undefined) =>
  collector.spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId).map(({ name }) => name);

describe('tracing', () => {
  it('shows what a lookup spends its time with', async () => {
    const { url, gateway } = await startTraced();
    await get(`${url}/calls/224205636001`);
    await gateway.stop();

    const [request] = collector.named('GET /calls/:id');
    expect(request).toMatchObject({
      kind: 2,
      status: { code: 0 },
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/calls/:id',
        'http.response.status_code': 200,
        'callfire_gateway.cache': 'miss',
        'callfire_gateway.account': 'default',
      },
      resource: { 'service.name': 'callfire-gateway' },
    });
    expect(childrenOf(request)).toEqual(['lookup']);
    const [lookup] = collector.named('lookup');
    expect(childrenOf(lookup).sort()).toEqual(['cache read', 'cache write', 'fetch']);
    const [fetched] = collector.named('fetch');
    expect(childrenOf(fetched)).toEqual(['GET /call/:id', 'parse']);
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(collector.exports[0]?.url).toBe('/v1/traces');
  });

  it('shows a hit as one span', async () => {
    const { url, gateway } = await startTraced();
    await get(`${url}/calls/224205636001`);
    await get(`${url}/calls/224205636001`, { traceparent: TRACEPARENT });
    await gateway.stop();
    const hit = collector.spans.filter(({ traceId }) => traceId === TRACE);
    expect(hit.map(({ name, attributes }) => [name, attributes['callfire_gateway.cache']])).toEqual([
      ['GET /calls/:id', 'hit'],
    ]);
  });

  it('goes on with the trace of the caller, and CallFire gets it from there', async () => {
    const { url, gateway, simulator } = await startTraced();
    const headers = { traceparent: TRACEPARENT, tracestate: 'vendor=opaque' };
    await get(`${url}/calls/224205636001`, headers);
    await get(`${url}/api/1.1/rest/call/2001`, headers);
    await gateway.stop();

    const [lookup, passed] = simulator.requests.map((request) => request.headers);
    const [attempt] = collector.named('GET /call/:id');
    const [passthrough] = collector.named('passthrough');
    expect(lookup).toMatchObject({ ...headers, traceparent: `00-${TRACE}-${attempt?.spanId ?? ''}-01` });
    expect(passed).toMatchObject({ ...headers, traceparent: `00-${TRACE}-${passthrough?.spanId ?? ''}-01` });
    expect(collector.named('GET /calls/:id')[0]?.parentSpanId).toBe(PARENT);
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  });

  it('begins a trace of its own where the caller names none that can be read', async () => {
    const { url, gateway, simulator } = await startTraced();
    const headers = { traceparent: `00-${TRACE}-0000000000000000-01`, tracestate: 'vendor=opaque' };
    await get(`${url}/calls/224205636001`, headers);
    await get(`${url}/api/1.1/rest/call/2001`, headers);
    await gateway.stop();
    expect(collector.spans).not.toHaveLength(0);
    expect(collector.spans.map(({ traceId }) => traceId)).not.toContain(TRACE);
    for (const sent of simulator.requests.map((request) => request.headers)) {
      expect(sent['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(sent['tracestate']).toBeUndefined();
    }
  });

  it('records what the caller records, and of other traces the share that was asked for', async () => {
    const { url, gateway, simulator } = await startTraced({ OTEL_TRACES_SAMPLER_ARG: '0' });
    await get(`${url}/calls/2001`);
    await get(`${url}/calls/2002`, { traceparent: TRACEPARENT });
    await get(`${url}/calls/2003`, { traceparent: `00-${TRACE.replace('4', '5')}-${PARENT}-00` });
    await gateway.stop();
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    const flags = simulator.requests.map(({ headers }) => String(headers['traceparent']).slice(-2));
    expect(flags).toEqual(['00', '01', '00']);
  });

  it('has a fetch that several share in the trace of the first, and the others say so', async () => {
    const { url, gateway, simulator } = await startTraced();
    simulator.setFault('2001', { held: true });
    const arrived = arrivalsAt(url);
    const ask = () => get(`${url}/calls/2001`);
    const first = ask();
    await until(() => simulator.requestsFor('2001') === 1);
    const others = [ask(), ask()];
    await until(() => arrived() === 3);
    simulator.clearFaults();
    await Promise.all([first, ...others]);
    await gateway.stop();
    expect(collector.named('fetch')).toHaveLength(1);
    const collapsed = collector.named('lookup').map((span) => span.attributes['callfire_gateway.collapsed']);
    expect(collapsed.filter((said) => said === true)).toHaveLength(2);
    const [leader] = collector
      .named('lookup')
      .filter((span) => span.attributes['callfire_gateway.cache'] === 'miss');
    expect(collector.named('fetch')[0]?.parentSpanId).toBe(leader?.spanId);
  });

  it('shows each attempt, and a failure as an error', async () => {
    const { url, gateway, simulator } = await startTraced();
    simulator.setFault('2001', { status: 503, times: 2 });
    simulator.setFault('2002', { status: 500 });
    simulator.setFault('2003', { malformed: true });
    for (const id of ['2001', '2002', '2003', '7']) await get(`${url}/calls/${id}`);
    await gateway.stop();
    const codes = collector
      .named('GET /call/:id')
      .map(({ attributes }) => attributes['http.response.status_code']);
    expect(codes).toEqual([503, 503, 200, 500, 200, 404]);
    const told = collector
      .named('GET /calls/:id')
      .map(({ status, attributes }) => [status.code, attributes['error.type']]);
    expect(told).toEqual([
      [0, undefined],
      [2, 'upstream-error'],
      [2, 'upstream-invalid-response'],
      [0, 'call-not-found'],
    ]);
    const parses = collector.named('parse').map(({ status }) => status.code);
    expect(parses).toEqual([0, 2]);
  });

  it('puts the trace into the line of the request', async () => {
    const { url, logLines } = await startTraced();
    await get(`${url}/calls/2001`, { traceparent: TRACEPARENT });
    await until(() => logLines.some((line) => line.includes('"msg":"request"')));
    expect(logLines.find((line) => line.includes('"msg":"request"'))).toContain(`,"traceId":"${TRACE}",`);
  });

  it('sends the headers that the collector wants', async () => {
    const headers = 'X-Api-Key=a%2Cb%3D%20c, tenant=t1';
    const { url, gateway } = await startTraced({
      OTEL_EXPORTER_OTLP_HEADERS: headers,
      OTEL_SERVICE_NAME: 'calls',
    });
    await get(`${url}/healthz`);
    await gateway.stop();
    expect(collector.exports[0]?.headers).toMatchObject({ 'x-api-key': 'a,b= c', tenant: 't1' });
    expect(collector.named('GET /healthz')[0]?.resource).toMatchObject({ 'service.name': 'calls' });
  });
});

describe('a collector in trouble', () => {
  it('costs no request, one log line, and no more than a moment of the stop', async () => {
    const { url, gateway, logLines } = await startTraced({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
    });
    const asked = performance.now();
    for (let count = 0; count < 600; count++) expect((await get(`${url}/healthz`)).status).toBe(200);
    expect(performance.now() - asked).toBeLessThan(12_000);
    const begun = performance.now();
    await gateway.stop();
    expect(performance.now() - begun).toBeLessThan(1900);
    const warnings = logLines.filter((line) => line.includes('Traces cannot be sent'));
    expect(warnings.length).toBeLessThan(2);
  }, 20_000);

  it('is not waited for when it takes spans and never answers', async () => {
    const { url, gateway } = await startTraced();
    collector.stall();
    await get(`${url}/calls/2001`);
    await until(() => collector.exports.length > 0);
    await get(`${url}/calls/2002`);
    const begun = performance.now();
    await gateway.stop();
    expect(performance.now() - begun).toBeLessThan(1900);
    expect(collector.exports.length).toBeGreaterThan(1);
  });

  it('is told of in one line, without what it answers', async () => {
    const { url, logLines } = await startTraced({
      OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=c0llector-key',
    });
    await collector.close();
    collector = await startCollector();
    const warned = () => logLines.filter((line) => line.includes('Traces cannot be sent'));
    await get(`${url}/healthz`);
    await until(() => warned().length > 0, 12_000);
    expect(warned()).toHaveLength(1);
    expect(warned()[0]).toContain('"reason":"ECONNREFUSED"');
    expect(logLines.join('')).not.toContain('c0llector-key');
  }, 20_000);
});

describe('a gateway as a process', () => {
  const watched = {
    NODE_OPTIONS: `--import=${new URL('../support/loaded-modules.mjs', import.meta.url).href}`,
  };

  it('loads nothing of OpenTelemetry unless it has somewhere to send traces', async () => {
    const run = async (environment: Environment) => {
      const { program, url } = await serve({ environment: { ...watched, ...environment } });
      expect((await get(`${url}/calls/2001`)).status).toBe(200);
      program.signal('SIGTERM');
      expect(await program.exit).toEqual({ code: 0, signal: null });
      return program.stderr;
    };
    expect(await run({ OTEL_TRACES_SAMPLER_ARG: '1' })).toMatch(
      /^loaded: \d{2,} modules; no OpenTelemetry$/m,
    );
    expect(await run({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toContain('@opentelemetry/sdk-trace');
  });

  it('does not let other variables of OpenTelemetry overrule what it was told', async () => {
    const { program, url } = await serve({
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-other=1',
        OTEL_TRACES_SAMPLER: 'always_off',
        OTEL_RESOURCE_ATTRIBUTES: 'from=environment',
        OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1',
        OTEL_BSP_SCHEDULE_DELAY: '3600000',
      },
    });
    await get(`${url}/calls/2001`);
    await until(() => collector.named('GET /calls/:id').length === 1);
    program.signal('SIGTERM');
    await program.exit;
    const [request] = collector.named('GET /calls/:id');
    expect(Object.keys(request?.attributes ?? {}).length).toBeGreaterThan(3);
    expect(request?.resource).not.toHaveProperty('from');
    expect(collector.exports[0]?.headers).not.toHaveProperty('x-other');
  });

  it('has each of its workers trace on its own', async () => {
    const simulator = await startSimulator();
    const program = new Program('main.js', {
      environment: { ...environmentFor(simulator), WORKERS: '2', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    });
    const port = Number(await program.output(/"port":(\d+).*"msg":"listening"/));
    const processes = () => new Set(collector.spans.map(({ resource }) => resource['process.pid']));
    await until(async () => {
      await Promise.all(Array.from({ length: 4 }, () => get(`http://127.0.0.1:${port}/healthz`)));
      return processes().size === 2;
    });
    expect([...processes()].map(Number).sort()).toEqual([...program.children].sort());
  });
});
