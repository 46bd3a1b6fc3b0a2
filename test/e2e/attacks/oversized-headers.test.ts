import { describe, expect, it } from '@jest/globals';
import { get } from '../../support/gateway.js';
import { exchange, LAST } from '../../support/raw-http.js';
import { until } from '../../support/until.js';
import { as, ID, linesAs, RAW, startTarget } from './target.js';

const target = await startTarget();

const lookUp = (lines: string, path = `/calls/${ID}`) =>
  exchange(target.url, `GET ${path} HTTP/1.1\r\n${linesAs('alice')}${lines}\r\n${LAST}`);

describe('more than 16 KiB of headers are refused with a problem, and the connection is closed', () => {
  it.each<[string, string]>([
    ['one value', `X-Long: ${'x'.repeat(17_000)}\r\n`],
    ['one name', `${'X'.repeat(17_000)}: x\r\n`],
    ['many headers', 'X-Many: x\r\n'.repeat(3000)],
    ['a key', `Authorization: Bearer ${'x'.repeat(17_000)}\r\n`],
    ['an ETag list', `If-None-Match: ${'"x", '.repeat(4000)}"x"\r\n`],
    ['a megabyte', `X-Long: ${'x'.repeat(1_048_576)}\r\n`],
  ])('%s', async (_case, lines) => {
    const [answer, ...more] = await lookUp(lines);
    expect(answer?.status).toBe(400);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'invalid-parameter' });
    expect(more).toEqual([]);
  });

  it('also a request line', async () => {
    const [answer, ...more] = await lookUp('', `/calls/${'1'.repeat(17_000)}`);
    expect([answer?.status, more]).toEqual([400, []]);
  });

  it('whatever trails a body', async () => {
    const trailer = `Transfer-Encoding: chunked\r\n\r\n0\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`;
    await exchange(target.url, `POST ${RAW} HTTP/1.1\r\n${linesAs('alice')}${trailer}${LAST}`);
    const posted = target.simulator.requests.filter(({ method }) => method === 'POST');
    await until(() => posted.every(({ aborted }) => aborted));
  });

  it('and the gateway goes on', async () => {
    expect((await get(`${target.url}/calls/${ID}`, as('alice'))).status).toBe(200);
  });
});

describe('many small headers', () => {
  it('are all seen: a second credential behind thousands is one too many', async () => {
    const many = 'a:\r\n'.repeat(3500);
    expect((await lookUp(many))[0]?.status).toBe(200);
    expect((await lookUp(`${many}Authorization: Bearer x\r\n`))[0]?.status).toBe(401);
    const late = `GET /calls/${ID} HTTP/1.1\r\nHost: gateway\r\n${many}${linesAs('alice')}\r\n${LAST}`;
    expect((await exchange(target.url, late))[0]?.status).toBe(200);
  });
});

describe('one credential twice', () => {
  it.each<[string, string]>([
    ['Authorization', 'Authorization: Bearer one\r\nAuthorization: Bearer two\r\n'],
    ['X-API-Key', 'X-API-Key: one\r\nX-API-Key: two\r\n'],
    ['both', 'X-API-Key: one\r\nAuthorization: Bearer two\r\n'],
  ])('is none: %s', async (_case, template) => {
    const key = as('alice')['X-API-Key'];
    for (const [one, two] of [
      [key, key],
      [key, 'other'],
      ['other', key],
    ]) {
      const lines = template.replace(/one|two/g, (which) => (which === 'one' ? (one ?? '') : (two ?? '')));
      const text = `GET /calls/${ID} HTTP/1.1\r\nHost: gateway\r\n${lines}\r\n${LAST}`;
      expect((await exchange(target.url, text))[0]?.status).toBe(401);
    }
  });

  it('is none: Basic, where the padding of the first would hide the second', async () => {
    const pair = Buffer.from(`alice:${as('alice')['X-API-Key']}`).toString('base64');
    expect((await get(`${target.url}/calls/${ID}`, { Authorization: `Basic ${pair}` })).status).toBe(200);
    for (const value of [`${pair}, Basic x`, `${pair},`, `${pair}==x`, `${pair} x`])
      expect((await get(`${target.url}/calls/${ID}`, { Authorization: `Basic ${value}` })).status).toBe(401);
    const twice = `Authorization: Basic ${pair}\r\n`.repeat(2);
    const text = `GET /calls/${ID} HTTP/1.1\r\nHost: gateway\r\n${twice}\r\n${LAST}`;
    expect((await exchange(target.url, text))[0]?.status).toBe(401);
  });
});
