import { beforeEach, describe, expect, it } from '@jest/globals';
import { exchange, LAST } from '../../support/raw-http.js';
import { linesAs, RAW, startTarget } from './target.js';

const target = await startTarget({
  environment: { TRUST_PROXY: 'loopback', CORS_ORIGINS: 'https://app.example' },
});
let linesBefore = 0;

beforeEach(() => {
  linesBefore = target.logLines.length;
});

/** What was logged in this test, each line read as the one JSON object that it must be. */
function logged(): Record<string, unknown>[] {
  return target.logLines.slice(linesBefore).map((line) => {
    expect(line).toMatch(/^\{[^\n\r]*\}\n$/);
    return JSON.parse(line) as Record<string, unknown>;
  });
}

const NAMES = [
  'level',
  'time',
  'requestId',
  'method',
  'route',
  'audit',
  'consumer',
  'account',
  'address',
  'callId',
];
const KNOWN = new Set([...NAMES, 'status', 'ms', 'code', 'cache', 'upstreamMs', 'aborted', 'reason', 'msg']);

/** What would be seen of an attack that has worked: a header, a member of a log line or a line of its own. */
const BAD = [
  '\r\nX-Injected: 1',
  '\nX-Injected: 1',
  '\r\n\r\n{"injected":1}',
  '","injected":"1',
  '\u2028injected',
  '\u0085X-Injected: 1',
];
const ENCODED = BAD.map((text) => encodeURIComponent(text));

async function expectHarmless(text: string): Promise<void> {
  const answers = await exchange(target.url, text + LAST);
  for (const { head, body } of answers) {
    expect(head).not.toMatch(/^x-injected/im);
    if (head.includes('json')) expect(() => JSON.parse(body) as unknown).not.toThrow();
  }
  for (const line of logged()) expect(Object.keys(line).filter((name) => !KNOWN.has(name))).toEqual([]);
}

describe('nothing is injected into answers and log lines', () => {
  const places: [string, (text: string) => string][] = [
    ['the id', (text) => `GET /calls/${text} HTTP/1.1\r\n${linesAs('alice')}\r\n`],
    ['the id behind a good one', (text) => `GET /calls/2001${text} HTTP/1.1\r\n${linesAs('alice')}\r\n`],
    ['a query', (text) => `GET /calls/2001?${text}=1 HTTP/1.1\r\n${linesAs('alice')}\r\n`],
    ['a path', (text) => `GET /nowhere${text} HTTP/1.1\r\n${linesAs('alice')}\r\n`],
    ['the passthrough', (text) => `GET ${RAW}/2001${text} HTTP/1.1\r\n${linesAs('alice')}\r\n`],
    ['its query', (text) => `GET ${RAW}/2001?a=${text} HTTP/1.1\r\n${linesAs('alice')}\r\n`],
    ['the method', (text) => `GET${text} /calls/2001 HTTP/1.1\r\n${linesAs('alice')}\r\n`],
    ...[
      'X-Request-Id',
      'X-Forwarded-For',
      'Origin',
      'If-None-Match',
      'Cache-Control',
      'Accept',
      'Authorization',
      'User-Agent',
      'Traceparent',
    ].map((name): [string, (text: string) => string] => [
      name,
      (text) => `GET /calls/2001 HTTP/1.1\r\n${linesAs('alice')}${name}: a${text}\r\n\r\n`,
    ]),
  ];

  it.each(places)('through %s', async (_place, request) => {
    for (const text of ENCODED) await expectHarmless(request(text));
    for (const text of BAD) {
      // A line end in a header that is sent as it is makes another header of the request, which is no attack.
      await expectHarmless(request(Buffer.from(text, 'utf8').toString('latin1')));
    }
  });
});

describe('X-Request-Id', () => {
  const withId = async (id: string) => {
    const text = `GET /calls/2001 HTTP/1.1\r\n${linesAs('alice')}X-Request-Id: ${id}\r\n\r\n${LAST}`;
    const [answer] = await exchange(target.url, text);
    const [line] = logged();
    return { sent: /^x-request-id: (.*)$/im.exec(answer?.head ?? '')?.[1], logged: line?.['requestId'] };
  };

  it.each(['a', 'x'.repeat(128), 'A-Z.a_z:0-9'])('is taken over: %s', async (id) => {
    expect(await withId(id)).toEqual({ sent: id, logged: id });
  });

  it.each([
    'x'.repeat(129),
    'x'.repeat(10_000),
    '',
    'two words',
    'a%0d%0aX-Injected:%201',
    'a"b',
    'a\\b',
    '{"a":1}',
    Buffer.from('ünïcode', 'utf8').toString('latin1'),
    '\xff',
    'a\tb',
    '${jndi:ldap://evil}',
    '\x1b[31m',
    'a\r\nX-Request-Id: b',
  ])('is replaced: %j', async (id) => {
    const { sent, logged: inLog } = await withId(id);
    if (sent !== undefined) expect(sent).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
    if (inLog !== undefined) expect(inLog).toBe(sent);
  });
});

describe('the address in the audit', () => {
  it.each([
    ['an address', '203.0.113.9', '203.0.113.9'],
    ['one that a proxy has appended', '"evil", 203.0.113.9', '203.0.113.9'],
    ['a quote', '203.0.113.9","injected":"1', '127.0.0.1'],
    ['a zone with a quote', 'fe80::1%"x', '127.0.0.1'],
    ['a zone', 'fe80::1%eth0', 'fe80::1'],
    ['a backslash', '::1\\', '127.0.0.1'],
    ['ten thousand addresses', `${'1.1.1.1, '.repeat(1500)}203.0.113.9`, '203.0.113.9'],
    ['a name', 'localhost', '127.0.0.1'],
  ])('is one, whatever X-Forwarded-For holds: %s', async (_case, value, address) => {
    const text = `GET /calls/2001 HTTP/1.1\r\nHost: gateway\r\nX-Forwarded-For: ${value}\r\n\r\n${LAST}`;
    await exchange(target.url, text);
    expect(logged()[0]).toMatchObject({ status: 401, address });
  });
});
