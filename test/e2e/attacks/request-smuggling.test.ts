import { beforeEach, describe, expect, it } from '@jest/globals';
import { get } from '../../support/gateway.js';
import { exchange, LAST } from '../../support/raw-http.js';
import { as, linesAs, RAW, startTarget } from './target.js';

const HIDDEN = `GET ${RAW}/2666 HTTP/1.1\r\nHost: gateway\r\nAuthorization: Basic x\r\n\r\n`;
const CHUNKED = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;
/** As many as fit: more than the thousand that Node keeps unless it is told to keep all. */
const MANY = 'a:\r\n'.repeat(3500);

const target = await startTarget();
let seenBefore = 0;

beforeEach(() => {
  seenBefore = target.simulator.requests.length;
});

const seen = () => target.simulator.requests.slice(seenBefore);

/** A request of alice with these further header lines, and what follows them. */
const request = (method: string, lines: string, rest: string, version = 'HTTP/1.1') =>
  `${method} ${RAW}/2001 ${version}\r\n${linesAs('alice')}${lines}\r\n${rest}`;

/** Whoever comes next on the same upstream connection gets what was asked for. */
async function expectNobodyElseHarmed(): Promise<void> {
  for (const id of ['2003', '2004']) {
    const next = await get(`${target.url}${RAW}/${id}`, as('alice'));
    expect([next.status, /<Call id="(\d+)"/.exec(next.text)?.[1]]).toEqual([200, id]);
  }
}

describe('a request whose end could be mistaken is refused, and nothing of it goes upstream', () => {
  const te = (value: string) => request('POST', `Transfer-Encoding:${value}\r\n`, CHUNKED);
  const chunks = (text: string) => request('POST', 'Transfer-Encoding: chunked\r\n', text);
  const length = (lines: string) => request('POST', lines, `hello${HIDDEN}`);

  it.each<[string, string]>([
    [
      'both a length and chunks',
      request('POST', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`),
    ],
    [
      'chunks and a length',
      request('POST', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${HIDDEN}`),
    ],
    ['two lengths', length('Content-Length: 5\r\nContent-Length: 0\r\n')],
    ['the same length twice', length('Content-Length: 5\r\nContent-Length: 5\r\n')],
    ['a list of lengths', length('Content-Length: 5, 5\r\n')],
    ['a signed length', length('Content-Length: +5\r\n')],
    ['a negative length', length('Content-Length: -5\r\n')],
    ['a hexadecimal length', length('Content-Length: 0x5\r\n')],
    ['a length beyond 64 bits', length('Content-Length: 18446744073709551621\r\n')],
    ['a length with a space before the colon', length('Content-Length : 5\r\n')],
    ['a space before the colon', request('POST', 'Transfer-Encoding : chunked\r\n', CHUNKED)],
    ['chunked, identity', te(' chunked, identity')],
    ['identity, chunked', te(' identity, chunked')],
    ['gzip, chunked', te(' gzip, chunked')],
    ['chunked twice', te(' chunked, chunked')],
    ['xchunked', te(' xchunked')],
    ['identity', te(' identity')],
    ['chunked in quotes', te(' "chunked"')],
    ['chunked behind a vertical tab', te(' \x0bchunked')],
    ['chunked before a tab', te(' chunked\t')],
    ['chunked on a folded line', te('\r\n chunked')],
    [
      'two codings in two lines',
      request('POST', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', CHUNKED),
    ],
    ['a header line that begins with a space', request('POST', ' Transfer-Encoding: chunked\r\n', CHUNKED)],
    ['a folded header', request('GET', 'X-A: b\r\n c\r\n', '')],
    ['a space in a header name', request('GET', 'Content Length: 5\r\n', '')],
    ['a bare LF between headers', request('GET', 'X-A: b\nTransfer-Encoding: chunked\r\n', CHUNKED)],
    ['a bare CR between headers', request('GET', 'X-A: b\rTransfer-Encoding: chunked\r\n', CHUNKED)],
    ['bare LF throughout', request('GET', '', '').replaceAll('\r', '')],
    ['NUL in a header', request('GET', 'X-A: b\0c\r\n', '')],
    ['a chunk that ends with LF', chunks('5\nhello\n0\n\n')],
    ['LF in a chunk extension', chunks('5;a\nhello\r\n0\r\n\r\n')],
    ['CRLF in a quoted chunk extension', chunks(`5;a="\r\n${HIDDEN}"\r\nhello\r\n0\r\n\r\n`)],
    ['a negative chunk', chunks('-5\r\nhello\r\n0\r\n\r\n')],
    ['a chunk size with 0x', chunks('0x5\r\nhello\r\n0\r\n\r\n')],
    ['a chunk size beyond 64 bits', chunks('10000000000000005\r\nhello\r\n0\r\n\r\n')],
    ['GET in chunks', request('GET', 'Transfer-Encoding: chunked\r\n', CHUNKED)],
    ['DELETE in chunks', request('DELETE', 'Transfer-Encoding: chunked\r\n', CHUNKED)],
    [
      'GET in chunks, said after many headers',
      request('GET', `${MANY}Transfer-Encoding: chunked\r\n`, CHUNKED),
    ],
    [
      'DELETE in chunks, said after many headers',
      request('DELETE', `${MANY}Transfer-Encoding: chunked\r\n`, CHUNKED),
    ],
    ['HTTP/1.2', request('GET', '', '', 'HTTP/1.2')],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s', async (_case, text) => {
    const [answer] = await exchange(target.url, text + LAST);
    expect(answer?.status).toBe(400);
    expect(answer?.head).toContain('Content-Type: application/problem+json');
    expect(seen().filter(({ aborted }) => !aborted)).toEqual([]);
    expect(seen().some(({ url }) => url.includes('2666'))).toBe(false);
    await expectNobodyElseHarmed();
  });
});

describe('a body that looks like a request is a body', () => {
  const withLength = `Content-Length: ${HIDDEN.length}\r\n`;

  it.each<[string, string, number]>([
    ['of GET', request('GET', withLength, HIDDEN), 200],
    ['of HEAD', request('HEAD', withLength, HIDDEN), 200],
    ['of POST', request('POST', withLength, HIDDEN), 404],
    ['of DELETE', request('DELETE', withLength, HIDDEN), 200],
    ['of GET, its length after many headers', request('GET', MANY + withLength, HIDDEN), 200],
    ['of DELETE, its length after many headers', request('DELETE', MANY + withLength, HIDDEN), 200],
    ['of POST, in chunks', request('POST', 'Transfer-Encoding: chunked\r\n', CHUNKED), 404],
    ['of POST, in chunks behind a tab', request('POST', 'Transfer-Encoding:\tChUnKeD\r\n', CHUNKED), 404],
    [
      'of GET, its length named by Connection',
      request('GET', `Connection: content-length\r\n${withLength}`, HIDDEN),
      200,
    ],
  ])('%s', async (_case, text, status) => {
    const answers = await exchange(target.url, text + LAST);
    // HEAD's answer has a length and no body, so that only the beginning of what follows can be told.
    expect(answers[0]?.status).toBe(status);
    if (!text.startsWith('HEAD')) expect(answers.map((answer) => answer.status)).toEqual([status, 200]);
    expect(seen().map(({ url }) => url)).toEqual([`${RAW}/2001`]);
    await expectNobodyElseHarmed();
  });

  it('of a lookup, which has none and does not go upstream with one', async () => {
    const lookup = `GET /calls/2001 HTTP/1.1\r\n${linesAs('alice')}${withLength}\r\n${HIDDEN}`;
    const answers = await exchange(target.url, lookup + LAST);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    for (const { url, headers } of seen())
      expect([url, headers['content-length']]).toEqual([`${RAW}/2001`, undefined]);
  });
});

describe('a header that others could take for one of framing', () => {
  it('does not go upstream with an underscore', async () => {
    const lines = 'Content_Length: 77\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n';
    const [answer] = await exchange(target.url, request('POST', lines, 'hello') + LAST);
    expect(answer?.status).toBe(404);
    expect(seen()).toHaveLength(1);
    expect(seen()[0]).toMatchObject({ body: 'hello', headers: { 'content-length': '5' } });
    expect(Object.keys(seen()[0]?.headers ?? {}).filter((name) => name.includes('_'))).toEqual([]);
  });

  it('does not come out of a trailer', async () => {
    const trailer = '5\r\nhello\r\n0\r\nAuthorization: Basic x\r\nX-Trailing: 1\r\n\r\n';
    const [answer] = await exchange(
      target.url,
      request('POST', 'Transfer-Encoding: chunked\r\nTrailer: X-Trailing\r\n', trailer) + LAST,
    );
    expect(answer?.status).toBe(404);
    expect(seen()[0]).toMatchObject({ body: 'hello' });
    expect(JSON.stringify(seen()[0]?.headers)).not.toMatch(/trail|Basic x/i);
  });
});

describe('many requests on one connection', () => {
  it('are answered in their order, each with its own call', async () => {
    const ids = Array.from({ length: 50 }, (_, n) => String(2001 + n));
    const text = ids.map((id, at) => {
      const path = at % 2 === 0 ? `/calls/${id}` : `${RAW}/${id}`;
      return `GET ${path} HTTP/1.1\r\n${linesAs('alice')}\r\n`;
    });
    const answers = await exchange(target.url, text.join('') + LAST);
    const found = answers.map(({ body }) => /(?:"id":|<Call id=)"(\d+)"/.exec(body)?.[1]);
    expect(found.slice(0, -1)).toEqual(ids);
  });
});
