import { describe, expect, it } from '@jest/globals';
import type { Environment } from '../../../src/secret-files.js';
import { configOf, problemsOf, type Files } from './files.js';

const LOGIN = { login: 'joe', password: 'hunter2' };
const ONE: Environment = { CALLFIRE_LOGIN: 'joe', CALLFIRE_PASSWORD: 'hunter2' };
const TOKENS: Environment = {
  AUTH_JWKS_URL: 'https://issuer.example/keys/',
  AUTH_JWT_ISSUER: 'https://issuer.example/',
  AUTH_JWT_AUDIENCE: 'gateway',
};

const accounts = (...names: string[]) => ({ accounts: names.map((name) => ({ name, current: LOGIN })) });
const consumer = (account?: string) => ({
  consumers: [{ name: 'web', keys: [], ...(account !== undefined && { account }) }],
});
const FILES: Files = {
  'consumers.json': consumer(),
  'one.json': accounts('main'),
  'two.json': accounts('main', 'sales'),
  'keys.json': { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'k1' }] },
  'broken.json': '{"hunter2',
};

const problems = (environment: Environment, files: Files = {}) =>
  problemsOf(environment, { ...FILES, ...files });

describe('readConfig', () => {
  it('is open on loopback where nothing says who may ask, with one account', () => {
    const config = configOf(ONE);
    expect(config).toMatchObject({ open: true, consumers: undefined, tokens: undefined, files: [] });
    expect(config.accounts).toMatchObject([
      { name: 'default', current: LOGIN, next: undefined, maxConcurrency: 32 },
    ]);
    expect(config.accounts[0]?.keyName).toMatch(/^[\w-]{22}$/);
  });

  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '::1'])('takes %s for loopback', (HOST) => {
    expect(problems({ ...ONE, HOST })).toEqual([]);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', 'gateway.example', '127.0.0.1.example'])(
    'refuses to be open on %s, unless AUTH=none is said',
    (HOST) => {
      expect(problems({ ...ONE, HOST })).toEqual([
        expect.stringMatching(/^HOST must be loopback .*AUTH=none/),
      ]);
      expect(configOf({ ...ONE, HOST, AUTH: 'none' }).open).toBe(true);
      expect(configOf({ ...ONE, HOST, CONSUMERS_FILE: 'consumers.json' }, FILES).open).toBe(false);
      expect(configOf({ ...ONE, HOST, ...TOKENS }).open).toBe(false);
    },
  );

  it('is never opened by what is wrong', () => {
    const HOST = '0.0.0.0';
    expect(problems({ ...ONE, ...TOKENS, HOST, AUTH_JWKS_URL: 'http://issuer.example' })).toEqual([
      expect.stringMatching(/^AUTH_JWKS_URL must be https/),
    ]);
    expect(problems({ ...ONE, HOST, AUTH: 'off' })).toEqual(['AUTH must be none, or unset']);
    expect(problems({ ...ONE, HOST, CONSUMERS_FILE: 'broken.json' })).toEqual([
      'CONSUMERS_FILE names a file that is not JSON',
    ]);
  });

  it.each<[string, Environment]>([
    ['consumers', { CONSUMERS_FILE: 'consumers.json' }],
    ['tokens', TOKENS],
  ])('refuses AUTH=none beside %s', (_case, environment) => {
    expect(problems({ ...ONE, ...environment, AUTH: 'none' })).toEqual([
      'AUTH is none beside CONSUMERS_FILE or AUTH_JWKS_…; choose one',
    ]);
  });

  describe('with ACCOUNTS_FILE', () => {
    it('has several accounts, each for those who may use it', () => {
      const files = { ...FILES, 'consumers.json': consumer('sales') };
      const config = configOf({ ACCOUNTS_FILE: 'two.json', CONSUMERS_FILE: 'consumers.json' }, files);
      expect(config.accounts.map(({ name }) => name)).toEqual(['main', 'sales']);
      expect(config.files).toEqual(['two.json', 'consumers.json']);
    });

    it('refuses several accounts where nobody can choose one', () => {
      expect(problems({ ACCOUNTS_FILE: 'two.json' })).toEqual([
        expect.stringMatching(/^ACCOUNTS_FILE names several accounts/),
      ]);
      expect(problems({ ACCOUNTS_FILE: 'one.json' })).toEqual([]);
      expect(problems({ ACCOUNTS_FILE: 'two.json', ...TOKENS })).toEqual([]);
    });

    it('refuses consumers that name no account, or none that there is', () => {
      const environment = { ACCOUNTS_FILE: 'two.json', CONSUMERS_FILE: 'consumers.json' };
      expect(problems(environment)).toEqual([
        'CONSUMERS_FILE consumers.web must say which account, as there are several',
      ]);
      expect(problems(environment, { 'consumers.json': consumer('other') })).toEqual([
        'CONSUMERS_FILE consumers.web names an account that does not exist',
      ]);
    });

    it('says nothing about consumers while the accounts are not readable', () => {
      const files = { 'consumers.json': consumer('main') };
      expect(problems({ ACCOUNTS_FILE: 'broken.json', CONSUMERS_FILE: 'consumers.json' }, files)).toEqual([
        'ACCOUNTS_FILE names a file that is not JSON',
      ]);
    });

    it.each(['CALLFIRE_LOGIN', 'CALLFIRE_PASSWORD', 'CALLFIRE_NEXT_PASSWORD', 'CALLFIRE_ACCOUNT'])(
      'refuses %s beside it',
      (variable) => {
        expect(problems({ ACCOUNTS_FILE: 'one.json', [variable]: 'hunter2' })).toEqual([
          `ACCOUNTS_FILE is set beside ${variable}, which belongs into it; set one`,
        ]);
      },
    );
  });

  it('takes a next password for the same login, or for another', () => {
    const next = (environment: Environment) => configOf({ ...ONE, ...environment }).accounts[0]?.next;
    expect(next({ CALLFIRE_NEXT_PASSWORD: 'p' })).toEqual({ login: 'joe', password: 'p' });
    expect(next({ CALLFIRE_NEXT_PASSWORD: 'p', CALLFIRE_NEXT_LOGIN: 'ann' })?.login).toBe('ann');
    expect(problems({ ...ONE, CALLFIRE_NEXT_LOGIN: 'ann' })).toEqual([
      'CALLFIRE_NEXT_PASSWORD is required beside CALLFIRE_NEXT_LOGIN',
    ]);
  });

  it('watches the files of secrets that can change', () => {
    const files = { '/login': 'joe', '/password': 'p', '/redis': 'redis://a' };
    const environment = { CALLFIRE_LOGIN_FILE: '/login', CALLFIRE_PASSWORD_FILE: '/password' };
    expect(configOf({ ...environment, REDIS_URL_FILE: '/redis' }, files).files).toEqual([
      '/login',
      '/password',
    ]);
  });

  describe('with tokens', () => {
    it('knows where the keys are, exactly as it is told, and how to read what a token says', () => {
      const { tokens } = configOf({ ...ONE, ...TOKENS, RATE_LIMIT: '600/60' });
      expect(tokens).toMatchObject({
        keys: new URL('https://issuer.example/keys/'),
        issuer: 'https://issuer.example/',
        audience: 'gateway',
        algorithms: ['RS256', 'ES256'],
        clockSkewSeconds: 30,
        accountClaim: 'account',
        scopeClaim: 'scope',
        limit: { requests: 600, seconds: 60 },
      });
      expect(tokens?.keys).toHaveProperty('href', 'https://issuer.example/keys/');
    });

    it('takes keys from a file', () => {
      const environment = { ...TOKENS, AUTH_JWKS_URL: undefined, AUTH_JWKS_FILE: 'keys.json' };
      const { tokens, files } = configOf({ ...ONE, ...environment }, FILES);
      expect(tokens?.keys).toEqual(FILES['keys.json']);
      expect(files).toEqual(['keys.json']);
    });

    it.each<[string, Files, string]>([
      ['a private key', { keys: [{ kty: 'EC', d: 'hunter2' }] }, 'keys.0 must be a public key'],
      ['a symmetric key', { keys: [{ kty: 'oct', k: 'hunter2' }] }, 'keys.0 must be a public key'],
      ['no key', { keys: [] }, 'keys must hold at least one key'],
      ['no list', { keys: 'hunter2' }, 'keys must be a list'],
      ['what is no key', { keys: ['hunter2'] }, 'keys.0 must be a JWK'],
    ])('refuses a file with %s', (_case, content, problem) => {
      const environment = { ...TOKENS, AUTH_JWKS_URL: undefined, AUTH_JWKS_FILE: 'keys.json' };
      expect(problems({ ...ONE, ...environment }, { 'keys.json': content })).toEqual([
        `AUTH_JWKS_FILE ${problem}`,
      ]);
    });

    it('wants to know whose tokens, and for whom', () => {
      const environment = { ...ONE, AUTH_JWKS_URL: 'https://issuer.example' };
      expect(problems(environment).map((problem) => problem.split(' ', 1)[0])).toEqual([
        'AUTH_JWT_ISSUER',
        'AUTH_JWT_AUDIENCE',
      ]);
    });

    it('does not let an issuer be set in vain', () => {
      expect(problems({ ...ONE, AUTH_JWT_ISSUER: 'hunter2' })).toEqual([
        'AUTH_JWT_ISSUER is set without AUTH_JWKS_URL or AUTH_JWKS_FILE, so no token would be taken',
      ]);
    });

    it.each(['none', 'HS256', 'RS256,HS256', 'rs256', ','])('refuses the algorithms %s', (algorithms) => {
      expect(problems({ ...ONE, ...TOKENS, AUTH_JWT_ALGORITHMS: algorithms })).toEqual([
        expect.stringMatching(/^AUTH_JWT_ALGORITHMS must be of RS256, /),
      ]);
    });

    it.each(['http://issuer.example/keys', 'ftp://issuer.example', 'https://joe:hunter2@issuer.example'])(
      'refuses keys from %s',
      (url) => {
        const found = problems({ ...ONE, ...TOKENS, AUTH_JWKS_URL: url });
        expect(found).toEqual([expect.stringMatching(/^AUTH_JWKS_URL must /)]);
        expect(found.join()).not.toContain('hunter2');
      },
    );

    it('takes keys over plain http from loopback, but not from two places', () => {
      expect(problems({ ...ONE, ...TOKENS, AUTH_JWKS_URL: 'http://127.0.0.1:1/keys' })).toEqual([]);
      expect(problems({ ...ONE, ...TOKENS, AUTH_JWKS_FILE: 'keys.json' })).toEqual([
        'AUTH_JWKS_URL is set beside AUTH_JWKS_FILE; set one',
      ]);
    });
  });

  it.each(['127.0.0.1', '10.0.0.0/8, ::1', 'loopback,uniquelocal', 'fd00::/8', '192.168.0.0/255.255.0.0'])(
    'trusts proxies at %s',
    (TRUST_PROXY) => {
      expect(configOf({ ...ONE, TRUST_PROXY }).TRUST_PROXY.length).toBeGreaterThan(0);
    },
  );

  it.each([
    '1',
    'true',
    'all',
    '*',
    '10.0.0.0/33',
    '0.0.0.0/0',
    '10.0.0',
    'proxy.example',
    'loopback/8',
    '/8',
  ])('refuses to trust %s', (TRUST_PROXY) => {
    expect(problems({ ...ONE, TRUST_PROXY })).toEqual([
      expect.stringMatching(/^TRUST_PROXY must be addresses or CIDR ranges/),
    ]);
  });

  it.each<[string | undefined, unknown]>([
    [undefined, undefined],
    ['off', 'off'],
    ['0', 0],
    ['9090', 9090],
  ])('takes %s as OPS_PORT', (OPS_PORT, value) => {
    expect(configOf({ ...ONE, OPS_PORT }).OPS_PORT).toBe(value);
  });

  it.each(['on', '-1', '65536', '9090.5'])('refuses %s as OPS_PORT', (OPS_PORT) => {
    expect(problems({ ...ONE, OPS_PORT })).toEqual([
      'OPS_PORT must be off, or a whole number from 0 to 65535',
    ]);
  });

  it('takes limits as requests in seconds, and limits those who are nobody', () => {
    expect(configOf(ONE).RATE_LIMIT).toBeUndefined();
    expect(configOf(ONE).RATE_LIMIT_UNAUTHENTICATED).toEqual({ requests: 60, seconds: 60 });
    expect(configOf({ ...ONE, RATE_LIMIT: '1/86400' }).RATE_LIMIT).toEqual({ requests: 1, seconds: 86_400 });
  });

  it.each([
    '600',
    '600/',
    '0/60',
    '600/0',
    '-1/60',
    '1.5/60',
    '600/60s',
    '600/86401',
    '9999999999/1',
    '6 / 6',
  ])('refuses %s as a limit', (limit) => {
    for (const variable of ['RATE_LIMIT', 'RATE_LIMIT_UNAUTHENTICATED'])
      expect(problems({ ...ONE, [variable]: limit })).toEqual([
        expect.stringMatching(new RegExp(`^${variable} must be .*seconds`)),
      ]);
  });

  it('names in one error what is wrong in the variables and in the files, without a value', () => {
    const found = problems(
      {
        PORT: 'hunter2',
        ACCOUNTS_FILE: 'two.json',
        CONSUMERS_FILE: 'consumers.json',
        AUTH_JWKS_FILE: 'broken.json',
        RATE_LIMIT: 'hunter2',
      },
      { 'consumers.json': { consumers: [{ name: 'web', keys: ['hunter2'] }] } },
    );
    expect(found.map((problem) => problem.split(' ', 1)[0]).sort()).toEqual([
      'AUTH_JWKS_FILE',
      'AUTH_JWT_AUDIENCE',
      'AUTH_JWT_ISSUER',
      'CONSUMERS_FILE',
      'PORT',
      'RATE_LIMIT',
    ]);
    expect(found.join()).not.toContain('hunter2');
  });
});
