import { describe, expect, it } from '@jest/globals';
import { readAccountsFile } from '../../../src/config/accounts-file.js';
import { reader, type Files } from './files.js';

const DEFAULTS = { maxConcurrency: 32 };
const LOGIN = { login: 'joe', password: 'hunter2' };

const read = (content: unknown, files: Files = {}) =>
  readAccountsFile({
    path: 'accounts.json',
    readFile: reader({ 'accounts.json': content, ...files }),
    ...DEFAULTS,
  });

const one = (changed: object) => ({ accounts: [{ name: 'main', current: LOGIN, ...changed }] });

describe('readAccountsFile', () => {
  it('fills in what an account does not say itself', () => {
    expect(read(one({}))).toEqual({
      accounts: [
        {
          name: 'main',
          keyName: 'main',
          baseUrl: new URL('https://www.callfire.com/api/1.1/rest'),
          current: LOGIN,
          next: undefined,
          ...DEFAULTS,
        },
      ],
      problems: [],
    });
  });

  it('takes limits of its own, and a next login', () => {
    const limits = { maxConcurrency: 8 };
    const next = { login: 'joe2', password: 'pw2' };
    const { accounts, problems } = read(one({ ...limits, next, baseUrl: 'https://a.example/rest/' }));
    expect(problems).toEqual([]);
    expect(accounts[0]).toMatchObject({ ...limits, next });
    expect(accounts[0]?.baseUrl.href).toBe('https://a.example/rest');
  });

  it('reads logins and passwords from files, without their last line end', () => {
    const current = { loginFile: '/login', passwordFile: '/password' };
    const { accounts } = read(one({ current }), { '/login': 'joe\n', '/password': ' p:w \r\n' });
    expect(accounts[0]?.current).toEqual({ login: 'joe', password: ' p:w ' });
  });

  it.each<[string, unknown, string]>([
    ['no list', { accounts: {} }, 'accounts must be a list'],
    ['no account', { accounts: [] }, 'accounts must name at least one account'],
    [
      'a name twice',
      { accounts: [...one({}).accounts, ...one({}).accounts] },
      'accounts must have each name once',
    ],
    ['a name that is not safe', one({ name: 'a b' }), 'accounts.0.name must be 1 to 64 of A-Z a-z 0-9 . _ -'],
    ['no login', one({ current: { password: 'p' } }), 'accounts.0.current must have login or loginFile'],
    [
      'a login twice',
      one({ current: { ...LOGIN, loginFile: '/f' } }),
      'accounts.0.current must have login or loginFile',
    ],
    ['no password', one({ next: { login: 'l' } }), 'accounts.0.next must have password or passwordFile'],
    [
      'an empty password',
      one({ current: { login: 'l', password: '' } }),
      'accounts.0.current.password must not be empty',
    ],
    [
      'a login with a colon',
      one({ current: { login: 'hunter2:x', password: 'p' } }),
      'accounts.0.current.login must not hold a colon',
    ],
    [
      'a login that is too long',
      one({ current: { login: 'hunter2'.repeat(40), password: 'p' } }),
      'accounts.0.current.login must be at most 256 characters',
    ],
    [
      'a password that is too long',
      one({ next: { login: 'l', password: 'hunter2'.repeat(40) } }),
      'accounts.0.next.password must be at most 256 characters',
    ],
    [
      'a file that is too long',
      one({ current: { login: 'l', passwordFile: '/long' } }),
      'accounts.0.current.passwordFile names a file whose content must be at most 256 characters',
    ],
    [
      'plain http',
      one({ baseUrl: 'http://a.example' }),
      'accounts.0.baseUrl must be https, as credentials travel on it (or set allowHttp)',
    ],
    ['no URL', one({ baseUrl: 'hunter2' }), 'accounts.0.baseUrl must be an http(s) URL'],
    [
      'credentials in the URL',
      one({ baseUrl: 'https://joe:hunter2@a.example' }),
      'accounts.0.baseUrl must not hold credentials',
    ],
    ['a member that nobody knows', one({ hunter2: 1 }), 'accounts.0 has a member that is not known'],
    [
      'too high a limit',
      one({ maxConcurrency: 1025 }),
      'accounts.0.maxConcurrency must be a whole number from 1 to 1024',
    ],
    [
      'half a limit',
      one({ maxConcurrency: 1.5 }),
      'accounts.0.maxConcurrency must be a whole number from 1 to 1024',
    ],
    [
      'a missing file',
      one({ current: { login: 'l', passwordFile: '/none' } }),
      'accounts.0.current.passwordFile names a file that cannot be read',
    ],
    [
      'an empty file',
      one({ current: { login: 'l', passwordFile: '/empty' } }),
      'accounts.0.current.passwordFile names a file that is empty',
    ],
  ])('refuses %s, without a value', (_case, content, problem) => {
    const { problems } = read(content, { '/empty': '\n', '/long': 'hunter2'.repeat(40) });
    expect(problems).toEqual([problem]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it.each([
    ['that is missing', undefined, 'names a file that cannot be read'],
    ['that is not JSON', '{"password":"hunter2', 'names a file that is not JSON'],
  ])('refuses a file %s', (_case, content, problem) => {
    expect(read(content)).toEqual({ accounts: [], problems: [problem] });
  });

  it('takes logins and passwords of 256 characters', () => {
    const current = { login: 'l'.repeat(256), passwordFile: '/long' };
    expect(read(one({ current }), { '/long': `${'p'.repeat(256)}\n` }).problems).toEqual([]);
  });

  it('takes plain http to loopback, and elsewhere when told so', () => {
    expect(read(one({ baseUrl: 'http://127.0.0.1:1' })).problems).toEqual([]);
    expect(read(one({ baseUrl: 'http://a.example', allowHttp: true })).problems).toEqual([]);
  });
});
