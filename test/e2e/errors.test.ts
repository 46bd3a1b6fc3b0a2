import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ErrorCode, OperatorsCode } from '../../src/errors.js';
import type { Fault } from '../../src/simulator/simulator.js';
import { arrivalsAt } from '../support/arrivals.js';
import { testConsumers } from '../support/consumers.js';
import { get, LOGIN, PASSWORD, startGateway, type Answer, type TestGateway } from '../support/gateway.js';
import { until } from '../support/until.js';

const ID = '224205636001';

type TestOptions = Parameters<typeof startGateway>[0];

const open: TestGateway[] = [];

afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.stop();
});

async function start(environment: Record<string, string> = {}, more: TestOptions = {}): Promise<TestGateway> {
  const gateway = await startGateway({ environment, ...more });
  open.push(gateway);
  return gateway;
}

const lookUp = ({ url }: TestGateway, id = ID, headers: Record<string, string> = {}) =>
  get(`${url}/calls/${id}`, headers);

async function lookUpWith(fault: Fault, environment: Record<string, string> = {}): Promise<Answer> {
  const gateway = await start(environment);
  gateway.simulator.setFault(ID, fault);
  return lookUp(gateway);
}

/** Twenty fetches that fail; the statuses of the answers. */
async function breakUpstream(gateway: TestGateway): Promise<number[]> {
  gateway.simulator.setFault('*', { status: 500 });
  const statuses: number[] = [];
  for (let id = 2101; id <= 2120; id += 1) statuses.push((await lookUp(gateway, String(id))).status);
  return statuses;
}

/** One lookup that holds the only place, 32 that wait, and one too many. */
async function overload(): Promise<Answer> {
  const gateway = await start({ UPSTREAM_MAX_CONCURRENCY: '1' });
  gateway.simulator.setFault('*', { held: true });
  const first = lookUp(gateway, '2101');
  await until(() => gateway.simulator.requestsFor('2101') === 1);
  const arrived = arrivalsAt(gateway.url);
  const others = Array.from({ length: 33 }, (_, index) => lookUp(gateway, String(2102 + index)));
  await until(() => arrived() === 33);
  gateway.simulator.clearFaults();
  const answers = await Promise.all([first, ...others]);
  const [refused, ...more] = answers.filter(({ status }) => status !== 200);
  if (refused === undefined || more.length > 0)
    throw new Error('One of 34 lookups should have been refused.');
  return refused;
}

async function fail(message: string, atOnce: boolean): Promise<{ answer: Answer; gateway: TestGateway }> {
  let broken = false;
  const now = () => {
    if (broken) throw new TypeError(message);
    return Date.now();
  };
  const gateway = await start({}, { overrides: { now } });
  if (atOnce) await lookUp(gateway);
  broken = true;
  return { answer: await lookUp(gateway), gateway };
}

const CONSUMERS = testConsumers([
  { name: 'none', scopes: [] },
  { name: 'once', limit: { requests: 1, seconds: 60 } },
]);

function startForConsumers(): Promise<TestGateway> {
  return start({ CONSUMERS_FILE: 'consumers' }, { files: { consumers: CONSUMERS.file } });
}

/** Signed by nobody, which only somebody with the issuer's keys could tell. */
const A_TOKEN = ['{"alg":"RS256","kid":"k"}', '{"sub":"joe"}', 'signature']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');

interface Scenario {
  readonly status: number;
  readonly ask: () => Promise<Answer>;
  readonly upstream?: { readonly status: number; readonly message: string | null };
  readonly retryAfter?: RegExp;
  readonly challenge?: string;
  readonly detail: RegExp;
}

/** A code that is added to `errors.ts` and not here does not compile. */
const SCENARIOS: Readonly<Record<Exclude<ErrorCode, OperatorsCode>, Scenario>> = {
  'invalid-call-id': {
    status: 400,
    ask: async () => lookUp(await start(), '007'),
    detail: /\bid\b.*1 to 9223372036854775807.*leading zero/,
  },
  'invalid-parameter': {
    status: 400,
    ask: async () => lookUp(await start(), `${ID}?fresh=1`),
    detail: /"fresh".*no-cache/,
  },
  unauthenticated: {
    status: 401,
    ask: async () => lookUp(await startForConsumers(), ID),
    detail: /X-API-Key/,
    challenge: 'Bearer realm="callfire-gateway"',
  },
  forbidden: {
    status: 403,
    ask: async () => lookUp(await startForConsumers(), ID, { 'X-API-Key': CONSUMERS.keyOf('none') }),
    detail: /calls:read.*operator/,
  },
  'rate-limited': {
    status: 429,
    ask: async () => {
      const gateway = await startForConsumers();
      await lookUp(gateway, ID, { 'X-API-Key': CONSUMERS.keyOf('once') });
      return lookUp(gateway, ID, { 'X-API-Key': CONSUMERS.keyOf('once') });
    },
    retryAfter: /^([1-9]|[1-5]\d|60)$/,
    detail: /1 requests in 60 seconds.*Retry-After/,
  },
  'authentication-unavailable': {
    status: 503,
    ask: async () => {
      // Nothing listens there.
      const tokens = { AUTH_JWKS_URL: 'http://127.0.0.1:9/', AUTH_JWT_ISSUER: 'i', AUTH_JWT_AUDIENCE: 'a' };
      return lookUp(await start(tokens), ID, { Authorization: `Bearer ${A_TOKEN}` });
    },
    retryAfter: /^\d+$/,
    detail: /keys cannot be fetched/,
  },
  'call-not-found': {
    status: 404,
    ask: async () => lookUp(await start(), '77'),
    upstream: { status: 404, message: 'no call with id 77' },
    detail: /Check the id/,
  },
  'route-not-found': {
    status: 404,
    ask: async () => get(`${(await start()).url}/nowhere`),
    detail: /"\/nowhere".*\/calls\/\{id\}/,
  },
  'method-not-allowed': {
    status: 405,
    ask: async () => get(`${(await start()).url}/calls/${ID}`, {}, { method: 'DELETE' }),
    detail: /DELETE.*GET or HEAD/,
  },
  'not-acceptable': {
    status: 406,
    ask: async () => lookUp(await start(), ID, { Accept: 'application/xml' }),
    detail: /application\/json/,
  },
  'upstream-rejected': {
    status: 400,
    ask: () => lookUpWith({ status: 409, exception: 'it is being changed' }),
    upstream: { status: 409, message: 'it is being changed' },
    detail: /do not repeat/,
  },
  'upstream-credentials-rejected': {
    status: 502,
    ask: async () => lookUp(await start({ CALLFIRE_PASSWORD: 'outdated' })),
    upstream: { status: 401, message: 'the login or the password is wrong' },
    detail: /operator/,
  },
  'upstream-unreachable': {
    status: 502,
    ask: () => lookUpWith({ reset: true }),
    detail: /Try again later/,
  },
  'upstream-error': {
    status: 502,
    ask: () => lookUpWith({ exception: 'out of order' }),
    upstream: { status: 500, message: 'out of order' },
    detail: /Try again later/,
  },
  'upstream-invalid-response': {
    status: 502,
    ask: () => lookUpWith({ malformed: true }),
    detail: /is not valid/,
  },
  'upstream-timeout': {
    status: 504,
    ask: () => lookUpWith({ stall: 'headers' }, { UPSTREAM_TIMEOUT_MS: '300' }),
    detail: /in time|within/,
  },
  'upstream-rate-limited': {
    status: 503,
    ask: () => lookUpWith({ status: 429, exception: 'slowly', headers: { 'Retry-After': '17' } }),
    upstream: { status: 429, message: 'slowly' },
    retryAfter: /^17$/,
    detail: /Retry-After/,
  },
  'upstream-unavailable': {
    status: 503,
    ask: async () => {
      const gateway = await start();
      await breakUpstream(gateway);
      return lookUp(gateway);
    },
    retryAfter: /^[1-5]$/,
    detail: /Retry-After/,
  },
  overloaded: { status: 503, ask: overload, retryAfter: /^1$/, detail: /Retry-After/ },
  'not-cached': {
    status: 504,
    ask: async () => lookUp(await start(), ID, { 'Cache-Control': 'only-if-cached' }),
    detail: /without "Cache-Control: only-if-cached"/,
  },
  'internal-error': {
    status: 500,
    ask: async () => (await fail('the clock broke', false)).answer,
    detail: /log.*request id/,
  },
};

describe('Every error is a problem document', () => {
  it.each(Object.entries(SCENARIOS))('%s', async (code, scenario) => {
    const { status, ask, upstream, retryAfter, challenge, detail } = scenario;
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(answer.text)),
      'cache-control': 'no-store',
    });
    expect(answer.headers).not.toHaveProperty('etag');
    expect(answer.headers['www-authenticate']).toBe(challenge);
    // The members and no others.
    expect(answer.json).toEqual({
      type: `urn:callfire-gateway:problem:${code}`,
      title: expect.stringMatching(/^[A-Z].{5,60}[^.]$/),
      status,
      detail: expect.stringMatching(detail),
      code,
      requestId: answer.headers['x-request-id'],
      ...(upstream && { upstream }),
    });
    if (retryAfter === undefined) expect(answer.headers).not.toHaveProperty('retry-after');
    else expect(answer.headers['retry-after']).toMatch(retryAfter);
  });
});

describe('What CallFire answers', () => {
  it.each([
    [400, 400, 'upstream-rejected'],
    [401, 502, 'upstream-credentials-rejected'],
    [402, 400, 'upstream-rejected'],
    [403, 502, 'upstream-credentials-rejected'],
    [404, 404, 'call-not-found'],
    [405, 400, 'upstream-rejected'],
    [409, 400, 'upstream-rejected'],
    [410, 400, 'upstream-rejected'],
    [429, 503, 'upstream-rate-limited'],
    [500, 502, 'upstream-error'],
    [501, 502, 'upstream-error'],
    [502, 502, 'upstream-error'],
    [503, 502, 'upstream-error'],
    [504, 502, 'upstream-error'],
    [599, 502, 'upstream-error'],
  ])('%i becomes %i %s', async (upstreamStatus, status, code) => {
    const answer = await lookUpWith({ status: upstreamStatus, exception: 'so it is' });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ code, upstream: { status: upstreamStatus, message: 'so it is' } });
    expect(answer.headers['cache-status']).toContain(`fwd=uri-miss; fwd-status=${upstreamStatus}`);
  });

  const longest = { UPSTREAM_MAX_BYTES: '20000' };
  it.each<[string, Fault, Record<string, string>]>([
    ['a 204', { status: 204 }, {}],
    ['a redirect', { status: 302, headers: { Location: '/api/1.1/rest/call/2101' } }, {}],
    ['an HTML page', { body: '<html><body>Welcome</body></html>', contentType: 'text/html' }, {}],
    ['JSON', { body: `{"id":"${ID}","state":"FINISHED"}`, contentType: 'application/json' }, {}],
    ['a ResourceException with status 200', { status: 200, exception: 'no' }, {}],
    ['nothing', { body: '' }, {}],
    ['a malformed document', { malformed: true }, {}],
    ['a body that is cut', { cutAfterBytes: 300 }, {}],
    ['a body without length that is cut', { cutAfterBytes: 300, chunked: true }, {}],
    ['a body without end', { endless: true }, longest],
    ['a body that says it is too long', { body: `<a>${' '.repeat(20_000)}</a>` }, longest],
    [
      'a body that is too long when unpacked',
      { body: `<a>${' '.repeat(20_000)}</a>`, encoding: 'gzip' },
      longest,
    ],
    ['a body that is not packed as it says', { headers: { 'Content-Encoding': 'gzip' } }, {}],
    ['a body packed in a way nobody asked for', { headers: { 'Content-Encoding': 'br' } }, {}],
  ])('%s becomes 502 upstream-invalid-response', async (_case, fault, environment) => {
    const answer = await lookUpWith(fault, environment);
    expect(answer.status).toBe(502);
    expect(answer.json).toMatchObject({ code: 'upstream-invalid-response' });
    expect(answer.json).not.toHaveProperty('upstream');
    expect(answer.headers['cache-status']).toBe(
      'callfire-gateway; fwd=uri-miss; detail=upstream-invalid-response',
    );
  });

  it('of another call becomes 502 upstream-invalid-response', async () => {
    const gateway = await start();
    const other = await get(`${gateway.simulator.baseUrl}/call/2101`, { Authorization: authorization() });
    expect(other.text).toContain('<Call id="2101">');
    gateway.simulator.putCall(ID, other.text);
    expect((await lookUp(gateway)).json).toMatchObject({ status: 502, code: 'upstream-invalid-response' });
  });

  it.each<[string, Fault]>([
    ['no headers', { stall: 'headers' }],
    ['half a body', { stall: 'body' }],
    ['a body that drips', { dripBytesPerSecond: 20 }],
    ['a late answer', { delayMs: 5000 }],
  ])('with %s becomes 504 upstream-timeout', async (_case, fault) => {
    const answer = await lookUpWith(fault, { UPSTREAM_TIMEOUT_MS: '300' });
    expect(answer.json).toMatchObject({ status: 504, code: 'upstream-timeout' });
    expect(answer.headers['cache-status']).toBe('callfire-gateway; fwd=uri-miss; detail=upstream-timeout');
  });

  it('on no connection becomes 502 upstream-unreachable', async () => {
    const gateway = await start();
    await gateway.simulator.stop();
    const answer = await lookUp(gateway);
    expect(answer.json).toMatchObject({ status: 502, code: 'upstream-unreachable' });
    expect(answer.headers['cache-status']).toBe(
      'callfire-gateway; fwd=uri-miss; detail=upstream-unreachable',
    );
  });

  it('is asked for again where the failure may pass', async () => {
    const gateway = await start();
    gateway.simulator.setFault(ID, { status: 503, times: 1 });
    gateway.simulator.setFault('2101', { reset: true, times: 2 });
    expect((await lookUp(gateway)).status).toBe(200);
    expect((await lookUp(gateway, '2101')).status).toBe(200);
  });
});

describe("CallFire's message", () => {
  const exception = (message: string) =>
    `<ResourceException><Message>${message}</Message></ResourceException>`;

  it.each([
    ['in small letters', '<resourceexception><message>no</message></resourceexception>', 'no'],
    ['in capitals', '<RESOURCEEXCEPTION><MESSAGE>no</MESSAGE></RESOURCEEXCEPTION>', 'no'],
    [
      'in camel case',
      '<resourceException><httpStatus>1</httpStatus><message>no</message></resourceException>',
      'no',
    ],
    [
      'in any namespace',
      '<x:ResourceException xmlns:x="urn:x"><x:Message>no</x:Message></x:ResourceException>',
      'no',
    ],
    ['with entities', exception('1 &lt; 2 &amp; &#51;'), '1 < 2 & 3'],
    ['in a CDATA section', exception('<![CDATA[<b>]]>'), '<b>'],
    ['on several lines', exception('\n  one\n  two\t\n'), 'one two'],
    ['that is long', exception('x'.repeat(501)), 'x'.repeat(500)],
    ['that is empty', exception(''), null],
    ['that is missing', '<ResourceException><HttpStatus>400</HttpStatus></ResourceException>', null],
    ['in a document cut off', exception('no').slice(0, -5), null],
    ['in an HTML page', '<html><body><h1>Bad Request</h1></body></html>', null],
    ['in plain text', 'Bad Request', null],
    ['in no body at all', '', null],
  ])('%s', async (_case, body, message) => {
    const answer = await lookUpWith({ status: 400, body });
    expect(answer.json).toMatchObject({ code: 'upstream-rejected', upstream: { status: 400, message } });
  });

  it('is given where its body is packed', async () => {
    const answer = await lookUpWith({ status: 400, exception: 'no', encoding: 'gzip' });
    expect(answer.json).toMatchObject({ upstream: { message: 'no' } });
  });

  it('does not decide what status CallFire answered with', async () => {
    const body = '<ResourceException><HttpStatus>404</HttpStatus><Message>no</Message></ResourceException>';
    const answer = await lookUpWith({ status: 500, body });
    expect(answer.json).toMatchObject({ code: 'upstream-error', upstream: { status: 500, message: 'no' } });
  });
});

describe('Retry-After', () => {
  it.each([
    ['17', '17'],
    ['0', '1'],
    ['999999', '3600'],
    ['soon', '1'],
    [undefined, '1'],
  ])('of CallFire with a 429: %s is handed on as %s', async (sent, retryAfter) => {
    const headers: Record<string, string> = sent === undefined ? {} : { 'Retry-After': sent };
    const answer = await lookUpWith({ status: 429, headers });
    expect(answer.headers['retry-after']).toBe(retryAfter);
  });

  it('of CallFire may be a date', async () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    const answer = await lookUpWith({ status: 429, headers: { 'Retry-After': inAMinute } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(50);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60);
  });

  it('of CallFire with a 503 is handed on', async () => {
    const answer = await lookUpWith({ status: 503, headers: { 'Retry-After': '30' } });
    expect(answer.json).toMatchObject({ status: 502, code: 'upstream-error' });
    expect(answer.headers['retry-after']).toBe('30');
  });
});

describe('upstream-unavailable', () => {
  it('begins after twenty fetches that fail, not sooner', async () => {
    const gateway = await start();
    expect(await breakUpstream(gateway)).toEqual(Array(20).fill(502));
    expect((await lookUp(gateway)).status).toBe(503);
  });

  it('begins where half of the fetches fail', async () => {
    const gateway = await start();
    for (let id = 2201; id <= 2220; id += 1) await lookUp(gateway, String(id));
    expect(await breakUpstream(gateway)).toEqual(Array(20).fill(502));
    expect((await lookUp(gateway)).status).toBe(503);
  });

  it('spares CallFire, while kept calls are answered and /readyz says it', async () => {
    const gateway = await start();
    await lookUp(gateway);
    await breakUpstream(gateway);
    const { length } = gateway.simulator.requests;
    const answer = await lookUp(gateway, '2200');
    expect(answer.json).toMatchObject({ status: 503, code: 'upstream-unavailable' });
    expect(answer.headers['cache-status']).toBe(
      'callfire-gateway; fwd=uri-miss; detail=upstream-unavailable',
    );
    expect(gateway.simulator.requests).toHaveLength(length);
    expect((await lookUp(gateway)).status).toBe(200);
    expect((await get(`${gateway.url}/readyz`)).json).toMatchObject({
      status: 'degraded',
      upstream: 'failing',
    });
  });

  it.each<[string, Fault]>([
    ['invalid', { malformed: true }],
    ['a 404', { status: 404 }],
    ['a 401', { status: 401 }],
    ['a 429', { status: 429 }],
  ])('does not come of answers that are %s', async (_case, fault) => {
    const gateway = await start();
    gateway.simulator.setFault('*', fault);
    for (let id = 2101; id <= 2125; id += 1) await lookUp(gateway, String(id));
    gateway.simulator.clearFaults();
    expect((await lookUp(gateway)).status).toBe(200);
  });
});

describe('upstream-credentials-rejected', () => {
  it.each([401, 403])('is logged as an error for operators: %i', async (status) => {
    const gateway = await start();
    gateway.simulator.setFault('*', { status });
    await lookUp(gateway);
    const errors = gateway.logLines.filter((line) => line.includes('"level":50'));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('CALLFIRE_PASSWORD');
  });
});

describe('internal-error', () => {
  it.each([
    ['a lookup', false],
    ['a hit', true],
  ])('keeps the reason for the log, under the request id: %s', async (_case, atOnce) => {
    const { answer, gateway } = await fail('the clock broke', atOnce);
    expect(answer.json).toMatchObject({ status: 500, code: 'internal-error' });
    expect(answer.text).not.toMatch(/clock|TypeError|\.ts|\bat /);
    const [line, ...others] = gateway.logLines.filter((text) => text.includes('"level":50'));
    expect(others).toEqual([]);
    expect(line).toContain('the clock broke');
    expect(line).toContain(`"requestId":"${String(answer.headers['x-request-id'])}"`);
  });
});

function authorization(): string {
  return `Basic ${Buffer.from(`${LOGIN}:${PASSWORD}`).toString('base64')}`;
}

describe('No credential is in an answer or in the log, even where CallFire repeats it', () => {
  const spellings = [
    LOGIN,
    PASSWORD,
    authorization().slice('Basic '.length),
    Buffer.from(PASSWORD).toString('base64'),
    encodeURIComponent(PASSWORD),
    JSON.stringify(PASSWORD).slice(1, -1),
  ];
  const echo = `we do not like ${spellings.join(', ')} (Authorization: ${authorization()})`;

  it.each([400, 401, 403, 404, 409, 429, 500])('in the message of a %i', async (status) => {
    const gateway = await start();
    gateway.simulator.setFault(ID, { status, exception: echo });
    const answer = await lookUp(gateway);
    expect(answer.text).toContain('we do not like [redacted]');
    const everything = [answer.text, JSON.stringify(answer.headers), ...gateway.logLines].join('\n');
    for (const spelling of spellings) expect(everything).not.toContain(spelling);
  });

  it('where the message is cut in the middle of it', async () => {
    const gateway = await start();
    gateway.simulator.setFault(ID, { status: 400, exception: `${'x'.repeat(495)}${PASSWORD}` });
    expect((await lookUp(gateway)).text).not.toContain(PASSWORD.slice(0, 3));
  });

  it('in the name of an element', async () => {
    const gateway = await start();
    gateway.simulator.putCall(ID, `<${LOGIN}/>`);
    const answer = await lookUp(gateway);
    expect(answer.status).toBe(502);
    expect([answer.text, ...gateway.logLines].join('\n')).not.toContain(LOGIN);
  });
});

describe('what Node cannot read as HTTP', () => {
  it.each([
    'nonsense\r\n\r\n',
    'GET /calls/1 2 HTTP/1.1\r\nHost: a\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  ])('is answered with a problem body too (%#)', async (bytes) => {
    const { url } = await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end(bytes);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('Content-Type: application/problem+json\r\n');
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      code: 'invalid-parameter',
      status: 400,
    });
  });

  it('is not answered in the middle of another answer', async () => {
    const gateway = await start();
    gateway.simulator.setFault(ID, { stall: 'body' });
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(`GET /api/1.1/rest/call/${ID} HTTP/1.1\r\nHost: a\r\n\r\n`);
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk;
    });
    await until(() => received.includes('<Call'));
    socket.write('nonsense\r\n\r\n');
    await once(socket, 'close');
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});
