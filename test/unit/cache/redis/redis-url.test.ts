import { describe, expect, it } from '@jest/globals';
import { parseRedisUrl } from '../../../../src/cache/redis/redis-url.js';

const nothing = { username: undefined, password: undefined, db: 0, tls: false, sentinel: undefined };

describe('parseRedisUrl', () => {
  it.each([
    ['redis://localhost', { ...nothing, mode: 'single', nodes: [{ host: 'localhost', port: 6379 }] }],
    [
      'rediss://[::1]:6380/2',
      { ...nothing, mode: 'single', tls: true, db: 2, nodes: [{ host: '::1', port: 6380 }] },
    ],
    [
      'redis://gate:p%40ss%2Cw@cache:6379/0',
      {
        ...nothing,
        mode: 'single',
        username: 'gate',
        password: 'p@ss,w',
        nodes: [{ host: 'cache', port: 6379 }],
      },
    ],
    [
      'redis://:secret@a:1,redis://b:2',
      {
        ...nothing,
        mode: 'cluster',
        password: 'secret',
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    ],
    [
      'redis+sentinel://gate:secret@s1,s2:26380/main/3?sentinelPassword=other',
      {
        mode: 'sentinel',
        tls: false,
        username: 'gate',
        password: 'secret',
        db: 3,
        sentinel: { masterName: 'main', password: 'other' },
        nodes: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 26_380 },
        ],
      },
    ],
  ])('reads %s', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  it.each([
    ['', 'is not a Redis URL'],
    ['http://:hunter2@localhost', 'is not a Redis URL'],
    ['redis://:hunter2@localhost:port', 'host that cannot be read'],
    ['redis://:hunter2@localhost:99999', 'not 1 to 65535'],
    ['redis://:hunter2@localhost/db', 'not a number'],
    ['redis://:hunter2%@localhost', 'stands for nothing'],
    ['redis://:hunter2@a,b', 'a Redis Cluster is several URLs'],
    ['redis://:hunter2@a?family=6', 'query'],
    ['redis://:hunter2@a/1,redis://b', 'only number 0'],
    ['redis://:hunter2@a,rediss://b', 'mixes redis:// and rediss://'],
    ['redis+sentinel://:hunter2@a', "master's name"],
  ])('refuses %s without repeating it', (url, why) => {
    expect(() => parseRedisUrl(url)).toThrow(why);
    expect(() => parseRedisUrl(url)).not.toThrow('hunter2');
  });
});
