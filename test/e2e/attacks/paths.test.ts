import { beforeEach, describe, expect, it } from '@jest/globals';
import { exchange, LAST, type RawAnswer } from '../../support/raw-http.js';
import { linesAs, RAW, startTarget } from './target.js';

const target = await startTarget();
let seenBefore = 0;

beforeEach(() => {
  seenBefore = target.simulator.requests.length;
});

const seen = () => target.simulator.requests.slice(seenBefore).map(({ method, url }) => `${method} ${url}`);

/** In UTF-8, as a client that does not encode sends it. */
const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

/** The answers to one request with this target, before that of the last request. */
async function ask(path: string, lines = linesAs('alice'), method = 'GET'): Promise<readonly RawAnswer[]> {
  return exchange(target.url, `${method} ${bytes(path)} HTTP/1.1\r\n${lines}\r\n${LAST}`);
}

/** Spellings of a path with an id at its end. */
const SPELLINGS: readonly ((path: string, id: string) => string)[] = [
  (path, id) => `/${path}/${id}`,
  (path, id) => `${path}//${id}`,
  (path, id) => `${path}/${id}/`,
  (path, id) => `${path}/${id}//`,
  (path, id) => `${path}/./${id}`,
  (path, id) => `/.${path}/${id}`,
  (path, id) => `${path}/../calls/${id}`,
  (path, id) => `${path}/x/../${id}`,
  (path, id) => `${path}/${id}/..`,
  (path, id) => `${path}/%2e%2e/${id}`,
  (path, id) => `${path}/%2E/${id}`,
  (path, id) => `${path}/%252e%252e/${id}`,
  (path, id) => `${path}/..;/${id}`,
  (path, id) => `${path}/..%2f${id}`,
  (path, id) => `${path}%2f${id}`,
  (path, id) => `${path}\\${id}`,
  (path, id) => `${path}/..\\${id}`,
  (path, id) => `${path}/%5c${id}`,
  (path, id) => `${path}/%00${id}`,
  (path, id) => `${path}/${id}%00`,
  (path, id) => `${path}/${id}%0d%0aX-Injected:%201`,
  (path, id) => `${path}/${id}%20`,
  (path, id) => `${path}/+${id}`,
  (path, id) => `${path}/-${id}`,
  (path, id) => `${path}/0${id}`,
  (path, id) => `${path}/${id}.0`,
  (path, id) => `${path}/${id}e0`,
  (path) => `${path}/0x7d1`,
  (path, id) => `${path}/${id};x=1`,
  (path, id) => `${path}/${id}:80`,
  (path, id) => `${path}/${id}@evil`,
  (path, id) => `${path}/${id}%`,
  (path, id) => `${path}/${id}%ff`,
  (path, id) => `${path}/${id}%c0%af`,
  (path, id) => `${path}/${id}#x`,
  (path, id) => `${path}/${id},2002`,
  (path, id) => `${path}/${id}%2f2002`,
  (path) => `${path}/２００２`,
  (path) => `${path}/%ef%bc%92%ef%bc%90%ef%bc%90%ef%bc%92`,
  (path) => `${path}/٢٠٠٢`,
  (path, id) => `${path.toUpperCase()}/${id}`,
  (path) => `${path}/${'9'.repeat(8000)}`,
  (path, id) => `${path}/${'../'.repeat(2000)}${id}`,
  (path) => `${path}/`,
  (path) => `${path}/__proto__`,
  (path) => `${path}/constructor`,
  (path, id) => `http://evil.example${path}/${id}`,
  (path, id) => `http://evil.example:80@127.0.0.1${path}/${id}`,
  (path, id) => `https://127.0.0.1${path}/${id}`,
  (path, id) => `//evil.example${path}/${id}`,
  (path, id) => `http:${path}/${id}`,
  (path, id) => `file://${path}/${id}`,
  (path, id) => `evil.example${path}/${id}`,
];

const called = (body: string) => /(?:"id":|<Call id=)"(\d+)"/.exec(body)?.[1];

describe('a spelling of a path gets the very call, or nothing', () => {
  const cases = ['/calls', RAW, '/api/1.1/rest'].flatMap((path) =>
    SPELLINGS.map((spell) => spell(path, '2001')),
  );

  it.each(cases.map((path) => [path.length > 80 ? `${path.slice(0, 80)}…` : path, path]))(
    '%s',
    async (_shown, path) => {
      const [answer] = await ask(path);
      expect([200, 400, 404]).toContain(answer?.status);
      if (answer?.status === 200) expect(called(answer.body)).toBe('2001');
      else expect(answer?.head).toMatch(/^content-type: application\/(problem\+)?(json|xml)/im);
      expect(answer?.head).not.toMatch(/injected/i);
      // Only what is below the base path, under a name that cannot be taken for another.
      for (const request of seen())
        expect(request).toMatch(/^GET \/api\/1\.1\/rest\/(?!.*\.\.)[\w./%:;=,@+-]*$/);
      const calls = seen().filter((request) => /call\/\d+$/.test(request));
      for (const request of calls) expect(request).toMatch(/\/(?:2001|02001|9{8000})$/);
    },
  );

  it.each(cases.map((path) => [path.length > 80 ? `${path.slice(0, 80)}…` : path, path]))(
    'and without a key not even that: %s',
    async (_shown, path) => {
      const [answer] = await ask(path, 'Host: gateway\r\n');
      expect([400, 401]).toContain(answer?.status);
      expect(seen()).toEqual([]);
    },
  );
});

describe('what is no path', () => {
  it.each([
    ['*', 'GET'],
    ['*', 'OPTIONS'],
    ['?', 'GET'],
    ['evil.example:443', 'GET'],
    ['evil.example:443', 'CONNECT'],
    ['127.0.0.1:22', 'CONNECT'],
    ['/calls/2001', 'CONNECT'],
    ['/calls/2001', 'TRACE'],
    ['/calls/2001', 'PROPFIND'],
    [`${RAW}/2001`, 'TRACE'],
    [`${RAW}/2001`, 'PATCH'],
    [`${RAW}/2001`, 'PURGE'],
  ])('is nothing: %s with %s', async (path, method) => {
    const answers = await ask(path, linesAs('alice'), method);
    for (const { status } of answers.slice(0, 1)) expect([400, 404, 405, 200]).toContain(status);
    // 200 is that of the last request: a connection that was to become a tunnel is closed without a word.
    for (const { body } of answers) expect(called(body)).toBeUndefined();
    expect(seen()).toEqual([]);
  });
});

describe('the health checks, which anybody may ask', () => {
  it.each([
    '/healthz/../calls/2001',
    '/healthz/%2e%2e/calls/2001',
    '/healthz;/../calls/2001',
    '/readyz/..%2fcalls/2001',
    '/healthz//calls/2001',
    '/healthz\\..\\calls\\2001',
    '/healthz%3f/../calls/2001',
    `http://x/healthz?${RAW}/2001`,
    '//healthz/calls/2001',
    '/calls/2001?/healthz',
    '/calls/2001/healthz',
    `${RAW}/2001?x=/healthz`,
  ])('open nothing else: %s', async (path) => {
    const [answer] = await ask(path, 'Host: gateway\r\n');
    expect([400, 401, 404]).toContain(answer?.status);
    expect(seen()).toEqual([]);
  });

  it('answer the same with any query', async () => {
    for (const path of ['/healthz?/../calls/2001', `/readyz?${RAW}/2001`]) {
      const [answer] = await ask(path, 'Host: gateway\r\n');
      expect(answer?.body).toMatch(/^\{"status":"(ok|ready)"/);
    }
  });
});
