import { afterEach, describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '../../../src/config.js';
import { get } from '../../support/gateway.js';
import { as, RAW, startTarget } from './target.js';

const target = await startTarget();

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'valueOf',
  '__defineGetter__',
];

afterEach(() => {
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
});

function callWith(id: string, content: string, toNumber = '<ToNumber>1</ToNumber>'): void {
  const xml = `<r:Resource xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource"><Call id="${id}">${toNumber}<State>FINISHED</State>${content}</Call></r:Resource>`;
  target.simulator.putCall(id, Buffer.from(xml));
}

const own = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined;

describe('names that every object has', () => {
  it.each(NAMES)('are data as elements: %s', async (name) => {
    callWith('2100', `<${name} polluted="yes"><polluted>yes</polluted></${name}>`);
    const { json, status } = await get(`${target.url}/calls/2100`, {
      ...as('alice'),
      'Cache-Control': 'no-cache',
    });
    expect(status).toBe(200);
    expect(own(own(json, 'extra'), name)).toEqual([{ '@polluted': 'yes', polluted: ['yes'] }]);
    expect(Object.keys(own(json, 'extra') ?? {})).toEqual([name]);
  });

  it.each(NAMES)('are data as attributes: %s', async (name) => {
    callWith('2101', `<Other ${name}="yes"/>`, `<ToNumber ${name}="yes" polluted="no">1</ToNumber>`);
    const { json, status } = await get(`${target.url}/calls/2101`, {
      ...as('alice'),
      'Cache-Control': 'no-cache',
    });
    expect(status).toBe(200);
    const attributes = own(json, 'toNumberAttributes');
    expect(own(attributes, name)).toBe('yes');
    expect(Object.keys(attributes ?? {})).toEqual([name, 'polluted']);
    expect(own(json, 'extra')).toEqual({ Other: [{ [`@${name}`]: 'yes' }] });
  });

  it.each(NAMES)('are data as values: %s', async (name) => {
    callWith('2102', `<FinalResult>${name}</FinalResult><Label><Name>${name}</Name></Label>`);
    const { json } = await get(`${target.url}/calls/2102`, { ...as('alice'), 'Cache-Control': 'no-cache' });
    expect(json).toMatchObject({ finalResult: name, labels: [name] });
  });

  it('are data in what CallFire says when it refuses', async () => {
    const body =
      '<__proto__><constructor/><HttpStatus>409</HttpStatus><Message>__proto__</Message></__proto__>';
    target.simulator.setFault('2103', { status: 409, body });
    const answer = await get(`${target.url}/calls/2103`, as('alice'));
    expect(answer.status).toBe(400);
  });

  it.each(NAMES)('are ordinary headers, parameters and paths: %s', async (name) => {
    const headers = { ...as('alice'), [name]: 'yes', Cookie: `${name}=yes` };
    expect((await get(`${target.url}/calls/2001`, headers)).status).toBe(200);
    expect((await get(`${target.url}/calls/2001?${name}[polluted]=yes`, headers)).status).toBe(400);
    expect((await get(`${target.url}/calls/${name}`, headers)).status).toBe(400);
    expect((await get(`${target.url}/${name}`, headers)).status).toBe(404);
    expect((await get(`${target.url}${RAW}/2001?${name}=yes`, headers)).status).toBe(200);
    expect((await get(`${target.url}/calls/2001`, { 'X-API-Key': name })).status).toBe(401);
  });

  it.each(NAMES)('are nobody as the name of an account: %s', async (name) => {
    const basic = Buffer.from(`${name}:${as('alice')['X-API-Key']}`).toString('base64');
    expect((await get(`${target.url}/calls/2001`, { Authorization: `Basic ${basic}` })).status).toBe(401);
  });
});

describe('files with a member of that name', () => {
  const read = (files: Readonly<Record<string, string>>) => {
    const environment = { ACCOUNTS_FILE: 'accounts', CONSUMERS_FILE: 'consumers', ...EMPTY };
    const all: Readonly<Record<string, string>> = { accounts: ACCOUNTS, consumers: CONSUMERS, ...files };
    return readConfig(environment, (path) => all[path] ?? '');
  };
  const EMPTY = { PORT: '0', OPS_PORT: 'off' };
  const ACCOUNTS = '{"accounts":[{"name":"one","current":{"login":"a","password":"b"}}]}';
  const CONSUMERS = `{"consumers":[{"name":"web","keys":[{"sha256":"${'0'.repeat(64)}"}]}]}`;

  /** Puts the member into every object of the document in turn. */
  const spoiled = (text: string, name: string): string[] =>
    Array.from(text.matchAll(/\{/g), ({ index }) => {
      const value = '{"polluted":"yes","scopes":["passthrough:write"],"account":"one"}';
      return `${text.slice(0, index + 1)}"${name}":${value},${text.slice(index + 1)}`;
    });

  it.each(NAMES)('are refused, or mean nothing: %s', (name) => {
    const good = read({});
    for (const [file, text] of Object.entries({ accounts: ACCOUNTS, consumers: CONSUMERS }))
      for (const content of spoiled(text, name)) {
        let config: ReturnType<typeof read> | undefined;
        try {
          config = read({ [file]: content });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
        if (config === undefined) continue;
        expect([config.accounts, config.consumers]).toEqual([good.accounts, good.consumers]);
        const [consumer] = config.consumers ?? [];
        expect(Reflect.get(consumer ?? {}, 'polluted')).toBeUndefined();
        expect(consumer?.scopes).toEqual(['calls:read']);
      }
  });

  it('leave what is in force as it is when they are read again', async () => {
    const before = target.files['consumers'] ?? '';
    for (const content of spoiled(before, '__proto__')) {
      target.files['consumers'] = content;
      target.gateway.reload();
      const answer = await get(`${target.url}${RAW}/2001`, as('reader'));
      expect([answer.status, answer.json]).toEqual([403, expect.objectContaining({ code: 'forbidden' })]);
    }
    target.files['consumers'] = before;
    expect(target.gateway.reload()).toBe(true);
  });
});
