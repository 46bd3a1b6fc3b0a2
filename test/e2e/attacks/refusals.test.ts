import { describe, expect, it } from '@jest/globals';
import { createApiKey } from '../../../src/access/api-key.js';
import { exchange, LAST } from '../../support/raw-http.js';
import { as, keyOf, RAW, startTarget } from './target.js';

const target = await startTarget();

/** An answer without what differs between any two. */
async function told(path: string, lines = '', method = 'GET'): Promise<string> {
  const text = `${method} ${path} HTTP/1.1\r\nHost: gateway\r\n${lines}\r\n${LAST}`;
  const [answer] = await exchange(target.url, text);
  return `${answer?.head ?? ''}\r\n\r\n${answer?.body ?? ''}`
    .replaceAll(/^Date: .*$/gm, '')
    .replaceAll(/[0-9a-f]{12}-[0-9a-z]+/g, '<request id>')
    .replaceAll(/^Content-Length: \d+$/gm, '');
}

describe('who is not let in learns nothing', () => {
  it('of what there is: routes, calls, methods and the passthrough are refused alike', async () => {
    await exchange(
      target.url,
      `GET /calls/2001 HTTP/1.1\r\nHost: g\r\nX-API-Key: ${keyOf('alice')}\r\n\r\n${LAST}`,
    );
    const paths = ['/calls/2001', '/calls/77', '/calls/x', '/', '/nowhere', '/metrics', '/config'];
    const answers = await Promise.all([
      ...paths.map((path) => told(path)),
      told('/calls/2001?a=1'),
      told('/calls/2001', 'Accept: text/html\r\n'),
      told('/calls/2001', 'If-None-Match: *\r\n'),
      told('/calls/2001', 'Cache-Control: only-if-cached\r\n'),
      told('/calls/2001', '', 'DELETE'),
    ]);
    expect(new Set(answers).size).toBe(1);
    const passedThrough = await Promise.all([
      ...['2001', '77', '../x'].map((path) => told(`${RAW}/${path}`)),
      told(`${RAW}/2001`, '', 'DELETE'),
    ]);
    expect(new Set(passedThrough).size).toBe(1);
    expect(passedThrough[0].replace(/, Basic.*$/m, '')).toBe(answers[0]);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('of who there is: wrong keys, names and tokens are refused alike', async () => {
    const basic = (login: string, password: string) =>
      `Authorization: Basic ${Buffer.from(`${login}:${password}`).toString('base64')}\r\n`;
    const good = keyOf('alice');
    const answers = await Promise.all(
      [
        `X-API-Key: ${createApiKey()}\r\n`,
        `X-API-Key: ${good.slice(0, -1)}\r\n`,
        'X-API-Key: x\r\n',
        `Authorization: Bearer ${createApiKey()}\r\n`,
        'Authorization: Bearer a.b.c\r\n',
        basic('alice', createApiKey()),
        basic('bob', good),
        basic('nobody', good),
        basic('nobody', 'x'),
        basic('', ''),
      ].map((lines) => told('/calls/2001', lines)),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('nor does it reach CallFire or Redis', () => {
    expect(target.simulator.requests.filter(({ url }) => !url.endsWith('/2001'))).toEqual([]);
    expect(target.second.requests).toEqual([]);
  });

  it('and whoever is let in learns nothing of what others have', async () => {
    target.second.removeCall('2001');
    target.second.removeCall('9999');
    const lines = `X-API-Key: ${as('bob')['X-API-Key']}\r\n`;
    const [cachedByAlice, nobodys] = [await told('/calls/2001', lines), await told('/calls/9999', lines)];
    expect(cachedByAlice.replaceAll('2001', '9999')).toBe(nobodys);
  });
});
