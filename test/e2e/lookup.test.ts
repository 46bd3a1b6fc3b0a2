import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, startGateway, type Answer, type TestGateway } from '../support/gateway.js';

const SAMPLE = '224205636001';
const NOW = Date.parse('2026-06-01T12:00:00Z');

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ overrides: { now: () => NOW } });
});

afterAll(async () => {
  await gateway.stop();
});

const lookUp = (id: string, headers: Record<string, string> = {}, method = 'GET') =>
  get(`${gateway.url}/calls/${id}`, headers, { method });

const fixture = (name: string) => readFile(new URL(`../fixtures/valid/${name}`, import.meta.url), 'utf8');

/** White space outside of strings removed, everything else as it was. */
const compact = (json: string) => JSON.stringify(JSON.parse(json));

function document(id: string, content: string): string {
  return `<r:Resource xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource">
    <Call id="${id}">${content}</Call></r:Resource>`;
}

describe('The answer to GET /calls/:id', () => {
  const SAMPLE_JSON = `{
    "id": "224205636001",
    "fromNumber": "12132609784",
    "toNumber": "19196991764",
    "toNumberAttributes": { "context": "cf3-verify", "verifyDigits": "9366" },
    "state": "FINISHED",
    "batchId": null,
    "broadcastId": "1836940001",
    "contactId": "169915679001",
    "inbound": false,
    "created": "2014-06-16T19:34:29Z",
    "modified": "2014-06-16T19:35:14Z",
    "finalResult": "LA",
    "labels": [],
    "callRecords": [
      {
        "id": "135106697001",
        "result": "LA",
        "finishTime": "2014-06-16T19:35:16Z",
        "billedAmount": 0,
        "questionResponses": [],
        "switchId": null,
        "callerName": null,
        "originateTime": "2014-06-16T19:34:29Z",
        "answerTime": "2014-06-16T19:34:41Z",
        "duration": 35,
        "recordings": [],
        "notes": []
      }
    ],
    "agentCall": null,
    "notes": []
  }`;

  it("is this, key order included, for CallFire's own sample document", async () => {
    gateway.simulator.putCall(SAMPLE, await fixture('callfire-get-call.xml'));
    const answer = await lookUp(SAMPLE);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
    expect(answer.text).toBe(compact(SAMPLE_JSON));
  });

  it('has every element that CallFire may send', async () => {
    const id = '9223372036854775807';
    gateway.simulator.putCall(id, await fixture('every-element.xml'));
    expect((await lookUp(id)).text).toBe(compact(await fixture('every-element.json')));
  });

  it('has every key where CallFire sends an id and a state alone', async () => {
    gateway.simulator.putCall('11', document('11', '<State>READY</State>'));
    expect((await lookUp('11')).text).toBe(
      compact(`{
        "id": "11", "fromNumber": null, "toNumber": null, "toNumberAttributes": {}, "state": "READY",
        "batchId": null, "broadcastId": null, "contactId": null, "inbound": null, "created": null,
        "modified": null, "finalResult": null, "labels": [], "callRecords": [], "agentCall": null, "notes": []
      }`),
    );
  });

  it('has every key in the parts of a call too', async () => {
    const record = '<CallRecord><QuestionResponse/><RecordingMeta/><Note/></CallRecord>';
    gateway.simulator.putCall('12', document('12', `<State>READY</State>${record}<Note/>`));
    expect((await lookUp('12')).json).toMatchObject({
      callRecords: [
        {
          id: null,
          result: null,
          finishTime: null,
          billedAmount: null,
          questionResponses: [{ question: null, response: null }],
          switchId: null,
          callerName: null,
          originateTime: null,
          answerTime: null,
          duration: null,
          recordings: [{ id: null, name: null, created: null, lengthInSeconds: null, link: null }],
          notes: [{ text: null, created: null }],
        },
      ],
      notes: [{ text: null, created: null }],
    });
  });

  it('lists what may repeat in document order, whatever stands between', async () => {
    const content = `<CallRecord id="3"/><Label><Name>b</Name></Label><CallRecord id="1"/><State>READY</State>
      <Label><Name>a</Name></Label><CallRecord id="2"/>`;
    gateway.simulator.putCall('13', document('13', content));
    expect((await lookUp('13')).json).toMatchObject({
      labels: ['b', 'a'],
      callRecords: [{ id: '3' }, { id: '1' }, { id: '2' }],
    });
  });

  it.each([
    ['a number with a plus', 'FromNumber', '+14155550123', { fromNumber: '+14155550123' }],
    ['a short code', 'ToNumber', ' 067076\n', { toNumber: '067076' }],
    ['an offset', 'Created', '2026-06-01T14:00:00+02:00', { created: '2026-06-01T12:00:00Z' }],
    ['no time zone', 'Created', '2026-06-01T14:00:00', { created: '2026-06-01T14:00:00Z' }],
    [
      'a fraction of a second',
      'Modified',
      '2026-06-01T12:00:00.120Z',
      { modified: '2026-06-01T12:00:00.120Z' },
    ],
    ['a boolean in digits', 'AgentCall', '1', { agentCall: true }],
    ['an unknown result', 'FinalResult', 'BEAMED_UP', { finalResult: 'BEAMED_UP' }],
    ['an id beyond 2^53', 'BatchId', '9007199254740993', { batchId: '9007199254740993' }],
  ])('reads %s', async (_case, name, text, expected) => {
    gateway.simulator.putCall('14', document('14', `<State>READY</State><${name}>${text}</${name}>`));
    expect((await lookUp('14', { 'Cache-Control': 'no-cache' })).json).toMatchObject(expected);
  });

  it.each([
    ['1.6667', 1.6667],
    ['0.0', 0],
    ['NaN', null],
    ['INF', null],
  ])('reads a billed amount of %s', async (text, billedAmount) => {
    const record = `<CallRecord><BilledAmount>${text}</BilledAmount></CallRecord>`;
    gateway.simulator.putCall('15', document('15', `<State>READY</State>${record}`));
    expect((await lookUp('15')).json).toMatchObject({ callRecords: [{ billedAmount }] });
  });

  it('keeps elements that nobody knows on the object that they came in', async () => {
    const record = `<CallRecord><RecordingMeta><Codec>opus</Codec></RecordingMeta><Note><Author>Zoë</Author></Note>
      <QuestionResponse><Score max="5">4</Score></QuestionResponse></CallRecord>`;
    const content = `<State>READY</State><Surcharge>0.5</Surcharge>${record}<Surcharge cause="late">
      <Part>1</Part><Part/></Surcharge>`;
    gateway.simulator.putCall('16', document('16', content));
    expect((await lookUp('16')).json).toMatchObject({
      callRecords: [
        {
          recordings: [{ extra: { Codec: ['opus'] } }],
          notes: [{ extra: { Author: ['Zoë'] } }],
          questionResponses: [{ extra: { Score: [{ '@max': '5', '#text': '4' }] } }],
        },
      ],
      extra: { Surcharge: ['0.5', { '@cause': 'late', Part: ['1', ''] }] },
    });
  });
});

describe('The request to CallFire', () => {
  it("is GET {CALLFIRE_BASE_URL}/call/{id} with the gateway's credentials and nothing of the caller's", async () => {
    const headers = { Authorization: 'Basic bWU6bXlzZWxm', Cookie: 'session=1', 'X-Request-Id': 'abc' };
    await lookUp('2101', headers);
    const sent = gateway.simulator.requests.at(-1);
    expect(sent).toMatchObject({ method: 'GET', url: '/api/1.1/rest/call/2101' });
    expect(sent?.headers.authorization).toMatch(/^Basic (?!bWU6bXlzZWxm)/);
    expect(sent?.headers).not.toHaveProperty('cookie');
    expect(sent?.headers).not.toHaveProperty('x-request-id');
  });
});

describe('X-Request-Id', () => {
  it.each(['6f9c1e0b', 'a.B_c:d-1', 'x'.repeat(128)])('is taken over from the request: %s', async (id) => {
    expect((await lookUp(SAMPLE, { 'X-Request-Id': id })).headers['x-request-id']).toBe(id);
  });

  it.each([undefined, '', 'two words', '<script>', 'x'.repeat(129)])(
    'is new where the request has no sane one: %s',
    async (id) => {
      const headers: Record<string, string> = id === undefined ? {} : { 'X-Request-Id': id };
      const [one, other] = [await lookUp(SAMPLE, headers), await lookUp(SAMPLE, headers)];
      expect(one.headers['x-request-id']).toMatch(/^[\w-]{8,}$/);
      expect(one.headers['x-request-id']).not.toBe(id);
      expect(one.headers['x-request-id']).not.toBe(other.headers['x-request-id']);
    },
  );
});

describe('HEAD /calls/:id', () => {
  const comparable = ({ status, headers: { date: _date, ...headers } }: Answer) => ({ status, headers });

  it.each<[string, string, Record<string, string>]>([
    ['a call', SAMPLE, {}],
    ['a call, answered by Express', SAMPLE, { 'Cache-Control': 'max-age=0' }],
    ['an id that is none', 'x', {}],
    ['a call that does not exist', '77', {}],
  ])('has the headers of GET and no body: %s', async (_case, id, extra) => {
    const headers = { ...extra, 'X-Request-Id': 'same' };
    await lookUp(id, headers);
    const whole = await lookUp(id, headers);
    const head = await lookUp(id, headers, 'HEAD');
    expect(comparable(head)).toEqual(comparable(whole));
    expect(Number(head.headers['content-length'])).toBeGreaterThan(0);
    expect(head.text).toBe('');
  });
});

/** The answer to a request whose target goes out byte by byte. */
async function raw(
  target: string,
  { method = 'GET', headers = '' } = {},
): Promise<Pick<Answer, 'status' | 'text'>> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.write(`${method} ${target} HTTP/1.1\r\nHost: gateway\r\n${headers}Connection: close\r\n\r\n`);
  const [head = '', ...body] = (await textOf(socket)).split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), text: body.join('\r\n\r\n') };
}

describe('The id', () => {
  it.each(['1', '9', '10', '9223372036854775806', '9223372036854775807'])('may be %s', async (id) => {
    gateway.simulator.putCall(id, { state: 'READY' });
    const answer = await lookUp(id);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ id });
  });

  it.each([
    ['zero', '0'],
    ['a leading zero', '01'],
    ['a sign', '+1'],
    ['a negative number', '-1'],
    ['2^63', '9223372036854775808'],
    ['twenty digits', '10000000000000000000'],
    ['a thousand digits', '1'.repeat(1000)],
    ['a fraction', '1.0'],
    ['an exponent', '1e3'],
    ['a hexadecimal number', '0x1F'],
    ['a word', 'abc'],
    ['digits and a letter', '42a'],
    ['a file type', '42.json'],
    ['a separator', '1_000'],
    ['a list', '1,2'],
    ['a matrix parameter', '42;x=1'],
    ['an escaped space', '42%20'],
    ['an escaped line feed', '42%0A'],
    ['an escaped carriage return and line feed', '42%0D%0AX-Evil:%201'],
    ['an escaped NUL', '42%00'],
    ['an escape of nothing', '%zz'],
    ['half an escape', '42%2'],
    ['an escape that is not UTF-8', '%ff'],
    ['an escape escaped', '%2531'],
    ['an escaped slash', '42%2F43'],
    ['an escaped question mark', '42%3Fx=1'],
    ['escaped full-width digits', '%EF%BC%94%EF%BC%92'],
    ['escaped Arabic digits', '%D9%A4%D9%A2'],
    ['traversal', '..'],
    ['escaped traversal', '%2e%2e'],
    ['traversal with escaped slashes', '..%2F..%2Fbroadcast%2F1'],
    ['traversal with a backslash', '..\\..\\broadcast'],
  ])('may not be %s', async (_case, id) => {
    const { length } = gateway.simulator.requests;
    const answer = await raw(`/calls/${id}`);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'invalid-call-id', status: 400 });
    expect(gateway.simulator.requests).toHaveLength(length);
  });

  it.each(['４２', '٤٢', '42\u0000', '4 2'])('may not hold what no URL holds: %j', async (id) => {
    expect((await raw(`/calls/${id}`)).status).toBe(400);
  });

  it('is not part of the complaint about it', async () => {
    expect((await raw('/calls/%3Cscript%3E')).text).not.toContain('script');
  });
});

describe('Methods', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    '%s is answered 405 with Allow',
    async (method) => {
      const { length } = gateway.simulator.requests;
      const answer = await lookUp(SAMPLE, {}, method);
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('GET, HEAD');
      expect(answer.json).toMatchObject({ code: 'method-not-allowed' });
      expect(gateway.simulator.requests).toHaveLength(length);
    },
  );
});

describe('Accept', () => {
  it.each(['application/xml', 'text/html', 'application/json;q=0', 'text/*, image/png'])(
    '%s cannot be met',
    async (accept) => {
      const answer = await lookUp(SAMPLE, { Accept: accept });
      expect(answer.status).toBe(406);
      expect(answer.json).toMatchObject({ code: 'not-acceptable' });
    },
  );
});

describe('Query parameters', () => {
  it.each(['?x=1', '?fresh', '?=1', '?__proto__=1', '?id=2102'])('%s is refused', async (query) => {
    const answer = await lookUp(`${SAMPLE}${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'invalid-parameter' });
  });

  it('are named in the complaint', async () => {
    expect((await lookUp(`${SAMPLE}?fresh=1`)).json).toMatchObject({
      detail: expect.stringContaining('"fresh"'),
    });
  });
});

describe('Paths that are no lookup', () => {
  it.each([
    `/calls/${SAMPLE}/`,
    `/calls/${SAMPLE}/records`,
    `/calls//${SAMPLE}`,
    `//calls/${SAMPLE}`,
    `/Calls/${SAMPLE}`,
    `/calls%2F${SAMPLE}`,
    `/x/../calls/${SAMPLE}`,
    `/calls/../call/${SAMPLE}`,
    '/calls/',
    '/calls',
    '/',
    '*',
  ])('%s is answered 404', async (path) => {
    const answer = await raw(path);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'route-not-found' });
  });
});

describe('The same request spelled otherwise has the same answer', () => {
  const comparable = ({ status, text, headers: { date: _date, ...headers } }: Answer) => ({
    status,
    text,
    headers,
  });
  const PLAIN = { 'X-Request-Id': 'same' };

  it.each<[string, Record<string, string>]>([
    ['Accept: */*', { Accept: '*/*' }],
    ['Accept: application/json', { Accept: 'application/json' }],
    ['what axios accepts', { Accept: 'application/json, text/plain, */*' }],
    ['a media range', { Accept: 'application/*' }],
    ['a weight', { Accept: 'text/html, application/json;q=0.1' }],
    ['a charset', { Accept: 'application/json; charset=UTF-8' }],
    ['a charset with a weight', { Accept: 'application/json;charset=utf-8;q=0.9' }],
    ['a media type in capitals', { Accept: 'Application/JSON' }],
    ['what browsers accept', { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }],
    ['header names in capitals', { ACCEPT: 'application/json', 'X-REQUEST-ID': 'same' }],
    ['a cache directive that means nothing here', { 'Cache-Control': 'max-age=0, no-transform' }],
    ['an empty Cache-Control', { 'Cache-Control': '' }],
    ['an encoding', { 'Accept-Encoding': 'gzip, br' }],
    ['an unknown validator', { 'If-None-Match': '"other"' }],
  ])('%s', async (_case, headers) => {
    const url = `${gateway.url}/calls/2102`;
    await get(url);
    const plain = await get(url, PLAIN);
    expect(plain.headers['cache-status']).toContain('; hit');
    expect(comparable(await get(url, { ...PLAIN, ...headers }))).toEqual(comparable(plain));
  });

  it.each([
    ['an empty query', '/calls/2102?'],
    ['an absolute target', 'http://anything.example/calls/2102'],
    ['escaped digits', '/calls/%32102'],
  ])('%s', async (_case, target) => {
    expect(await raw(target)).toEqual(await raw('/calls/2102'));
  });
});
