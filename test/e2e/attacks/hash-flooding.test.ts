import { describe, expect, it } from '@jest/globals';
import { createApiKey } from '../../../src/access/api-key.js';
import { get } from '../../support/gateway.js';
import { exchange, LAST } from '../../support/raw-http.js';
import { as, ID, linesAs, RAW, startTarget } from './target.js';

const target = await startTarget();

/** Names that are hard on hash tables of some kind or other: array indices, and what every object has. */
const FLOODS: readonly (readonly [string, readonly string[]])[] = [
  ['numbers', Array.from({ length: 2500 }, (_, n) => String(n))],
  ['numbers far apart', Array.from({ length: 1500 }, (_, n) => String(n * 1_000_003))],
  [
    'names that differ in one character',
    Array.from({ length: 500 }, (_, n) => `aaaaaaaaaaaaaaaaaaaa${n.toString(36)}`),
  ],
  ['one name', Array.from({ length: 3500 }, () => 'a')],
  [
    'names of objects',
    ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf'],
  ],
];

/** How often the event loop came round meanwhile: whoever else asks is answered in between. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const turn = () => {
    turns += 1;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  await work();
  clearImmediate(next);
  return turns;
}

async function expectUnharmed(): Promise<void> {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect((await get(`${target.url}/calls/${ID}`, as('alice'))).status).toBe(200);
}

describe.each(FLOODS)('a flood of %s', (_case, names) => {
  it('as query parameters is refused as the first of them is', async () => {
    const query = names.join('=1&').slice(0, 15_000);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => get(`${target.url}/calls/${ID}?${query}`, as('alice'))),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ code: 'invalid-parameter' });
    }
    await expectUnharmed();
  });

  it('as headers changes no answer, and leaves room between requests', async () => {
    const lines = names.map((name) => `${name}:\r\n`).join('');
    const lookup = `GET /calls/${ID} HTTP/1.1\r\n${linesAs('alice')}${lines}\r\n`;
    const ask = () => exchange(target.url, lookup + LAST);
    let answers: Awaited<ReturnType<typeof ask>>[] = [];
    const turns = await turnsDuring(async () => {
      answers = await Promise.all(Array.from({ length: 20 }, ask));
    });
    for (const answer of answers) expect(answer.map(({ status }) => status)).toEqual([200, 200]);
    expect(turns).toBeGreaterThan(20);
    await expectUnharmed();
  });

  it('goes through the passthrough, or is refused there, without harm', async () => {
    const lines = names.map((name) => `${name}:\r\n`).join('');
    const request = `GET ${RAW}/2001 HTTP/1.1\r\n${linesAs('alice')}${lines}\r\n`;
    const [answer] = await exchange(target.url, request + LAST);
    expect([200, 400, 502]).toContain(answer?.status);
    await expectUnharmed();
  });
});

describe('a flood of keys', () => {
  it('that differ from a good one in one character lets nobody in', async () => {
    const good = as('alice')['X-API-Key'];
    const near = Array.from(good, (character, at) => {
      const other = character === 'A' ? 'B' : 'A';
      return good.slice(0, at) + other + good.slice(at + 1);
    });
    const wrong = [...near, good.slice(0, -1), `${good}A`, good.toUpperCase(), good.toLowerCase()];
    for (const key of [...wrong, ...Array.from({ length: 200 }, createApiKey)])
      expect((await get(`${target.url}/calls/${ID}`, { 'X-API-Key': key })).status).toBe(401);
    await expectUnharmed();
  });
});

describe('a document whose names are a flood', () => {
  it.each([
    ['attributes', (names: readonly string[]) => `<X ${names.map((name) => `n${name}=""`).join(' ')}/>`],
    ['elements', (names: readonly string[]) => names.map((name) => `<n${name}/>`).join('')],
  ])('of unknown %s is read within bounds or refused', async (_case, write) => {
    const names = Array.from({ length: 5000 }, (_, n) => String(n));
    const xml = `<r:Resource xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource"><Call id="2050"><State>FINISHED</State>${write(names)}</Call></r:Resource>`;
    target.simulator.putCall('2050', Buffer.from(xml));
    expect((await get(`${target.url}/calls/2050`, as('alice'))).json).toMatchObject({
      code: 'upstream-invalid-response',
    });
    await expectUnharmed();
  });
});
