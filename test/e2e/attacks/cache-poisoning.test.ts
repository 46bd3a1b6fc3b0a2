import { afterAll, describe, expect, it } from '@jest/globals';
import { get } from '../../support/gateway.js';
import { exchange, LAST } from '../../support/raw-http.js';
import { startRedisServer } from '../../support/redis-server.js';
import { as, keyOf, linesAs, startTarget } from './target.js';

/** Headers that caches, proxies or frameworks somewhere let change an answer. */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ...['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Server', 'X-Host', 'X-Real-IP', 'Host'].map(
    (name) => [name, 'evil.example'] as const,
  ),
  ...['X-Original-URL', 'X-Rewrite-URL', 'X-Original-URI', 'X-Forwarded-Uri', 'X-Forwarded-Prefix'].map(
    (name) => [name, '/calls/2999'] as const,
  ),
  ['X-Forwarded-Proto', 'http'],
  ['X-Forwarded-Port', '81'],
  ['X-Forwarded-Scheme', 'nothttps'],
  ['Forwarded', 'for=127.0.0.1;host=evil.example;proto=http'],
  ['Via', '1.1 evil.example'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-HTTP-Method', 'POST'],
  ['X-Method-Override', 'PUT'],
  ['X-Account', 'second'],
  ['X-Consumer', 'bob'],
  ['X-Cache-Key', '/calls/2999'],
  ['Accept', 'application/json;q=0.1'],
  ['Accept', 'application/xml'],
  ['Accept', 'text/html, */*;q=0'],
  ['Accept-Encoding', 'gzip, br, deflate'],
  ['Accept-Language', 'de'],
  ['Accept-Charset', 'utf-16'],
  ['Content-Type', 'application/xml'],
  ['Content-Encoding', 'gzip'],
  ['Content-Language', 'de'],
  ['Content-Location', '/calls/2999'],
  ['Range', 'bytes=0-9'],
  ['If-Range', '"x"'],
  ['If-Match', '"x"'],
  ['If-None-Match', '*'],
  ['If-None-Match', '"x", W/"y"'],
  ['If-Modified-Since', 'Wed, 01 Jan 2031 00:00:00 GMT'],
  ['If-Unmodified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ['TE', 'trailers, deflate'],
  ['Trailer', 'ETag'],
  ['Upgrade', 'h2c'],
  ['Connection', 'close, X-API-Key, Authorization'],
  ['Cookie', 'session=1; account=second'],
  ['Origin', 'https://evil.example'],
  ['Referer', 'https://evil.example/'],
  ['User-Agent', '<script>'],
  ['Pragma', 'no-cache'],
  ['Cache-Control', 'no-cache'],
  ['Cache-Control', 'no-store'],
  ['Cache-Control', 'max-age=0'],
  ['Cache-Control', 'only-if-cached'],
  ['Cache-Control', 'max-stale=999999, s-maxage=999999, public'],
  ['Age', '999999'],
  ['Date', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ['ETag', '"evil"'],
  ['Expires', '0'],
  ['Vary', '*'],
  ['Location', 'https://evil.example/'],
  ['Set-Cookie', 'a=b'],
  ['Status', '404'],
  ['Surrogate-Control', 'max-age=999999'],
  ['CDN-Cache-Control', 'max-age=999999'],
  ['Cache-Status', 'callfire-gateway; hit'],
  ['Traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  ['X-Request-Id', 'evil'],
  ['Authorization', 'Basic ZXZpbDpldmls'],
  ['Proxy-Authorization', 'Basic ZXZpbDpldmls'],
  ['Expect', '100-continue'],
  ['Max-Forwards', '0'],
  ['Content-Length', '0'],
];

const redis = await startRedisServer();
const target = await startTarget();
const onRedis = await startTarget({ environment: { REDIS_URL: redis.url, CACHE_MEMORY_MB: '0' } });
afterAll(() => redis.stop());

describe.each([
  ['memory', target],
  ['Redis', onRedis],
])('a lookup with a header, cache in %s,', (_case, { url, simulator, second }) => {
  const ask = (who: 'alice' | 'bob', id: string) => get(`${url}/calls/${id}`, as(who));
  const attack = (who: 'alice' | 'bob', id: string, line: string) =>
    exchange(url, `GET /calls/${id} HTTP/1.1\r\n${linesAs(who)}${line}\r\n\r\n${LAST}`);

  it('changes nothing of what others get', async () => {
    for (const [at, [name, value]] of HEADERS.entries()) {
      const id = String(2001 + at);
      simulator.putCall(id, { state: 'FINISHED', fromNumber: '1111' });
      second.putCall(id, { state: 'FINISHED', fromNumber: '2222' });
      const where = `${name}: ${value}`;
      // First of all, so that it is this request that fills the cache, if any.
      await attack('alice', id, where);
      const plain = await ask('alice', id);
      const again = await ask('alice', id);
      const other = await ask('bob', id);
      await attack('bob', id, where);
      const after = await ask('alice', id);
      expect([where, plain.status, plain.json]).toEqual([
        where,
        200,
        expect.objectContaining({ id, fromNumber: '1111' }),
      ]);
      expect([where, other.status, other.json]).toEqual([
        where,
        200,
        expect.objectContaining({ id, fromNumber: '2222' }),
      ]);
      for (const answer of [again, after]) {
        expect([where, answer.text]).toEqual([where, plain.text]);
        expect(answer.headers.etag).toBe(plain.headers.etag);
        expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      }
      expect(JSON.stringify([plain.headers, again.headers, other.headers, after.headers])).not.toMatch(
        /evil/i,
      );
      expect(plain.headers['cache-control']).toMatch(/^private, /);
    }
  });
});

describe('an entry', () => {
  it('is for the account of the key alone, whatever else a request says of accounts', async () => {
    target.simulator.putCall('2901', { state: 'FINISHED', fromNumber: '1111' });
    target.second.removeCall('2901');
    expect((await get(`${target.url}/calls/2901`, as('alice'))).status).toBe(200);
    for (const headers of [
      {},
      { 'X-Account': 'first' },
      { Account: 'first' },
      { Cookie: `key=${keyOf('alice')}` },
      { 'Proxy-Authorization': `Bearer ${keyOf('alice')}` },
      { 'X-Forwarded-User': 'alice' },
      { 'Cache-Control': 'only-if-cached' },
    ])
      expect([404, 504]).toContain(
        (await get(`${target.url}/calls/2901`, { ...as('bob'), ...headers })).status,
      );
    for (const path of ['/calls/2901?account=first', '/calls/2901?key=x', '/calls/first:2901'])
      expect((await get(`${target.url}${path}`, as('bob'))).status).toBe(400);
  });

  it('cannot be had with an ETag that somebody else has told', async () => {
    const { headers } = await get(`${target.url}/calls/2902`, as('alice'));
    const known = { 'If-None-Match': headers.etag };
    expect((await get(`${target.url}/calls/2902`, known)).status).toBe(401);
    target.second.removeCall('2902');
    expect((await get(`${target.url}/calls/2902`, { ...as('bob'), ...known })).status).toBe(404);
  });
});
