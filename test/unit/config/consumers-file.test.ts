import { describe, expect, it } from '@jest/globals';
import { readConsumersFile } from '../../../src/config/consumers-file.js';
import { reader } from './files.js';

const HASH = 'ab'.repeat(32);

const read = (content: unknown) => readConsumersFile('c.json', reader({ 'c.json': content }));
const one = (changed: object) => ({ consumers: [{ name: 'web', keys: [{ sha256: HASH }], ...changed }] });
const withKey = (changed: object) => one({ keys: [{ sha256: HASH, ...changed }] });

describe('readConsumersFile', () => {
  it('lets a consumer read calls where it does not say otherwise', () => {
    expect(read(one({}))).toEqual({
      consumers: [
        {
          name: 'web',
          keys: [{ sha256: HASH, expires: undefined }],
          account: undefined,
          scopes: ['calls:read'],
          limit: undefined,
          origins: undefined,
        },
      ],
      problems: [],
    });
  });

  it('takes all that a consumer may have', () => {
    const all = {
      account: 'main',
      scopes: ['calls:read', 'passthrough:read', 'passthrough:write'],
      limit: { requests: 600, seconds: 60 },
      origins: ['https://a.example', 'http://localhost:3000'],
    };
    expect(read(one(all)).consumers).toMatchObject([all]);
    expect(read(one({ scopes: [], keys: [], origins: [] })).problems).toEqual([]);
    expect(read({ consumers: [] })).toEqual({ consumers: [], problems: [] });
  });

  it.each(['2027-01-31T00:00:00Z', '2027-01-31T02:00:00+02:00', '2027-01-31T00:00:00.000Z'])(
    'takes %s for when a key expires',
    (expires) => {
      const [consumer] = read(withKey({ expires })).consumers;
      expect(consumer?.keys[0]?.expires).toBe(Date.UTC(2027, 0, 31));
    },
  );

  const hash = 'must be a SHA-256 in 64 lower-case hex digits';
  const time = 'must be a time such as 2027-01-31T00:00:00Z';
  it.each<[string, unknown, string]>([
    ['no list', { consumers: 'hunter2' }, 'consumers must be a list'],
    ['no name', { consumers: [{ keys: [] }] }, 'consumers.0.name must be a text'],
    [
      'a name that is not safe',
      one({ name: 'hunter2\n' }),
      'consumers.0.name must be 1 to 64 of A-Z a-z 0-9 . _ -',
    ],
    ['no keys', { consumers: [{ name: 'web' }] }, 'consumers.0.keys must be a list'],
    ['a key instead of its hash', withKey({ sha256: 'hunter2' }), `consumers.0.keys.0.sha256 ${hash}`],
    ['a hash in capitals', withKey({ sha256: HASH.toUpperCase() }), `consumers.0.keys.0.sha256 ${hash}`],
    ['a time that is none', withKey({ expires: 'hunter2' }), `consumers.0.keys.0.expires ${time}`],
    ['30 February', withKey({ expires: '2027-02-30T00:00:00Z' }), `consumers.0.keys.0.expires ${time}`],
    [
      'a time without a zone',
      withKey({ expires: '2027-01-31T00:00:00' }),
      `consumers.0.keys.0.expires ${time}`,
    ],
    ['a misplaced secret', one({ hunter2: 'x' }), 'consumers.0 has a member that is not known'],
    ['a misplaced key', withKey({ key: 'hunter2' }), 'consumers.0.keys.0 has a member that is not known'],
    [
      'a scope that nobody knows',
      one({ scopes: ['hunter2'] }),
      'consumers.0.scopes.0 must be one of calls:read, passthrough:read, passthrough:write',
    ],
    [
      'a limit of nothing',
      one({ limit: { requests: 0, seconds: 1 } }),
      'consumers.0.limit.requests must be a whole number from 1 to 999999999',
    ],
    [
      'a limit for weeks',
      one({ limit: { requests: 1, seconds: 86_401 } }),
      'consumers.0.limit.seconds must be a whole number from 1 to 86400',
    ],
    [
      'any origin',
      one({ origins: ['*'] }),
      'consumers.0.origins.0 must be an exact origin such as https://app.example.com',
    ],
    [
      'an origin with a path',
      one({ origins: ['https://a.example/'] }),
      'consumers.0.origins.0 must be an exact origin such as https://app.example.com',
    ],
    [
      'a name twice',
      { consumers: [...one({ keys: [] }).consumers, ...one({}).consumers] },
      'consumers must have each name once',
    ],
    [
      'a key of two consumers',
      { consumers: [...one({}).consumers, ...one({ name: 'app' }).consumers] },
      'consumers must have each key once',
    ],
    [
      'eleven keys',
      one({ keys: Array.from({ length: 11 }, (_, index) => ({ sha256: index.toString(16).repeat(64) })) }),
      'consumers.0.keys must be at most 10 keys',
    ],
  ])('refuses %s, without a value', (_case, content, problem) => {
    const { problems } = read(content);
    expect(problems).toEqual([problem]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it.each([
    ['that is missing', undefined, 'names a file that cannot be read'],
    ['that is not JSON', '{"hunter2', 'names a file that is not JSON'],
  ])('refuses a file %s', (_case, content, problem) => {
    expect(read(content)).toEqual({ consumers: [], problems: [problem] });
  });
});
