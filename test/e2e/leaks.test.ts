import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { ConfigError, readConfig } from '../../src/config.js';
import type { ErrorCode } from '../../src/errors.js';
import { createGateway, type Gateway, type Overrides } from '../../src/gateway.js';
import { createLogTo } from '../../src/logger.js';
import { loadTracing } from '../../src/tracing/load-tracing.js';
import { createApiKey } from '../../src/access/api-key.js';
import { testConsumers } from '../support/consumers.js';
import { DOCUMENT_WORKER } from '../support/document-worker.js';
import { ECHOES, startParrot } from '../support/parrot.js';
import { Program } from '../support/process.js';
import { rawExchange } from '../support/raw-http.js';
import { startCollector } from '../support/collector.js';
import { operatorsUrl } from '../support/operators.js';
import { startRedisServer } from '../support/redis-server.js';
import { SecretScan, secretsOfLogin } from '../support/secret-scan.js';
import { until } from '../support/until.js';
import { AUDIENCE, createSigner, ISSUER } from '../support/issuer.js';

// Two cores may be busy with other tests.
jest.setTimeout(60_000);

/** Every secret that there is, in words that stand nowhere by chance. */
const LOGINS = {
  first: { login: 'first-login-Zk3', password: 'f1rst/p+ss="word"&é<Zk3>' },
  firstNext: { login: 'first-next-Qm7', password: 'n3xt\\p%20ss Qm7;{x}' },
  firstLater: { login: 'first-later-Vb2', password: 'l4ter?p~ss:word#Vb2' },
  second: { login: 'second-login-Hd9', password: "s3cond'p*ss|word Hd9" },
  secondNext: { login: 'second-next-Wx5', password: 's3cond-n3xt_ÿ$Wx5!' },
};
const REDIS_PASSWORD = 'r3dis+p/ss=Lf4';
const OTHER_REDIS_PASSWORD = 'r3dis-other-Gy8';
const OTLP_HEADERS = 'authorization=Bearer 0tlp-t0ken-Jc6,x-tenant=0tlp-tenant-Jc6';
const CONSUMERS = testConsumers([
  { name: 'alice', account: 'first', scopes: ['calls:read', 'passthrough:read', 'passthrough:write'] },
  { name: 'bob', account: 'second', scopes: ['calls:read', 'passthrough:read'] },
  { name: 'reader', account: 'first' },
  { name: 'few', account: 'first', limit: { requests: 1, seconds: 3600 } },
  { name: 'late', account: 'first', expires: '2026-01-01T00:00:00Z' },
]);
const STRANGE_KEY = createApiKey();

const issuer = await createSigner('key', 'ES256');
const inAnHour = Math.floor(Date.now() / 1000) + 3600;
const TOKEN = await issuer.sign({ account: 'first', exp: inAnHour, sub: 'anna' });
const OLD_TOKEN = await issuer.sign({ account: 'first', exp: 1 });

const scan = new SecretScan([
  ...Object.entries(LOGINS).flatMap(([name, { login, password }]) => secretsOfLogin(name, login, password)),
  { name: 'Redis password', text: REDIS_PASSWORD },
  { name: 'other Redis password', text: OTHER_REDIS_PASSWORD },
  { name: 'OTLP token', text: '0tlp-t0ken-Jc6' },
  { name: 'OTLP tenant', text: '0tlp-tenant-Jc6' },
  ...['alice', 'bob', 'reader', 'few', 'late'].map((name) => ({
    name: `key of ${name}`,
    text: CONSUMERS.keyOf(name),
  })),
  { name: 'a key of nobody', text: STRANGE_KEY },
  { name: 'token', text: TOKEN },
  { name: 'expired token', text: OLD_TOKEN },
]);

afterEach(() => {
  expect(scan.take()).toEqual([]);
});

const parrot = await startParrot();
const redis = await startRedisServer(['--requirepass', REDIS_PASSWORD]);
const collector = await startCollector();
afterAll(async () => {
  await collector.close();
  await parrot.stop();
  await redis.stop();
});

type Files = Record<string, string>;

const accountsFile = (first: object, second: object) =>
  JSON.stringify({
    accounts: [
      { name: 'first', baseUrl: parrot.baseUrl, ...first },
      { name: 'second', baseUrl: parrot.baseUrl, ...second },
    ],
  });

const FILES: Readonly<Files> = {
  accounts: accountsFile(
    { current: LOGINS.first, next: LOGINS.firstNext },
    { current: { login: LOGINS.second.login, passwordFile: 'password' }, next: LOGINS.secondNext },
  ),
  password: `${LOGINS.second.password}\n`,
  consumers: CONSUMERS.file,
  jwks: JSON.stringify({ keys: [issuer.jwk] }),
};

const ENVIRONMENT: Readonly<Record<string, string>> = {
  PORT: '0',
  OPS_PORT: '0',
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  ACCOUNTS_FILE: 'accounts',
  CONSUMERS_FILE: 'consumers',
  AUTH_JWKS_FILE: 'jwks',
  AUTH_JWT_ISSUER: ISSUER,
  AUTH_JWT_AUDIENCE: AUDIENCE,
  OTEL_EXPORTER_OTLP_HEADERS: OTLP_HEADERS,
  RATE_LIMIT_UNAUTHENTICATED: '3/60',
  UPSTREAM_TIMEOUT_MS: '400',
  PASSTHROUGH_WRITES: 'true',
  CORS_ORIGINS: 'https://app.example',
};

interface Running {
  readonly url: string;
  readonly operators: string;
  readonly gateway: Gateway;
  readonly files: Files;
  readonly log: readonly string[];
}

/** What leaves otherwise than in an answer; all of it is scanned when a gateway has stopped. */
const OUTLETS: Readonly<Record<string, (running: Running) => string>> = {
  log: ({ log }) => log.join(''),
  traces: () => collector.exports.map(({ url, body }) => url + body).join(''),
};

/** What is asked in every situation. Bodies that CallFire is passed through with are its own. */
const ROUTES: readonly ((running: Running, id: string) => string)[] = [
  ({ url }, id) => `${url}/calls/${id}`,
  ({ url }, id) => `${url}/api/1.1/rest/call/${id}`,
  ({ url }) => `${url}/calls/x`,
  ({ url }, id) => `${url}/calls/${id}?a=1`,
  ({ url }) => `${url}/nowhere`,
  ({ url }) => `${url}/api/1.1/rest/../x`,
  ({ url }) => `${url}/healthz`,
  ({ url }) => `${url}/readyz`,
  ({ operators }) => `${operators}/metrics`,
  ({ operators }) => `${operators}/config`,
  ({ operators }) => `${operators}/readyz`,
  ({ operators }, id) => `${operators}/debug/lookup/${id}?account=first`,
  ({ operators }, id) => `${operators}/cache/calls/${id}?account=second`,
  ({ operators }, id) => `${operators}/cache/calls/${id}?account=${STRANGE_ACCOUNT}`,
];

/** Who asks, as header lines. */
const CALLERS: readonly string[] = [
  ...['alice', 'bob', 'reader', 'few', 'late'].map((name) => `X-API-Key: ${CONSUMERS.keyOf(name)}`),
  `Authorization: Bearer ${CONSUMERS.keyOf('alice')}`,
  `Authorization: Basic ${Buffer.from(`bob:${CONSUMERS.keyOf('bob')}`).toString('base64')}`,
  `Authorization: Bearer ${TOKEN}`,
  `Authorization: Bearer ${OLD_TOKEN}`,
  `X-API-Key: ${STRANGE_KEY}`,
  `X-API-Key: ${STRANGE_KEY}\r\nAuthorization: Bearer ${TOKEN}`,
  `Authorization: Digest ${STRANGE_KEY}`,
  'X-Nothing: 1',
];

const STRANGE_ACCOUNT = 'nowhere';
const ALICE = CALLERS[0] ?? '';
const codes = new Set<string>();

async function run(
  drive: (running: Running) => Promise<unknown>,
  environment: Readonly<Record<string, string>> = {},
  overrides: Overrides = {},
): Promise<void> {
  const files = { ...FILES };
  const read = () => readConfig({ ...ENVIRONMENT, ...environment }, (path) => files[path] ?? nothing(path));
  const log: string[] = [];
  const gateway = createGateway(read(), {
    log: createLogTo('trace', { write: (line: string) => void log.push(line) }),
    idleMs: 0,
    documentWorker: DOCUMENT_WORKER,
    readConfig: read,
    tracing: await loadTracing(read()),
    ...overrides,
  });
  const url = `http://127.0.0.1:${await gateway.start()}`;
  const running = { url, operators: operatorsUrl({ logLines: log }), gateway, files, log };
  try {
    await drive(running);
  } finally {
    await gateway.stop();
  }
  for (const [name, outlet] of Object.entries(OUTLETS)) scan.look(name, outlet(running));
}

function nothing(path: string): never {
  throw new Error(`There is no ${path}`);
}

/** Asks with just these header lines, and scans every byte of the answer. */
async function ask(route: string, lines = ALICE, method = 'GET'): Promise<string> {
  const { origin, host, pathname, search } = new URL(route);
  // A URL object would have resolved the dots that are to be sent.
  const path = route.includes('..') ? route.slice(origin.length) : pathname + search;
  const text = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${lines}\r\n\r\n`;
  const received = await rawExchange(origin, text);
  const [head = ''] = received.split('\r\n\r\n', 1);
  const isOurs = !path.startsWith('/api/') || head.includes('application/problem+json');
  scan.look(`${method} ${path}`, isOurs ? received : head);
  const code = /"code":"([a-z-]+)"/.exec(received)?.[1];
  if (isOurs && code !== undefined) codes.add(code);
  return received;
}

let nextId = 3000;

/** Each route once for each caller, each lookup of a call that is in no cache. */
async function askEverything(running: Running, callers: readonly string[] = [ALICE]): Promise<void> {
  for (const caller of callers)
    await Promise.all(ROUTES.map((route) => ask(route(running, String((nextId += 1))), caller)));
}

describe('no secret leaves', () => {
  it('whoever asks, in whatever way', async () => {
    parrot.echo = undefined;
    await run(async (running) => {
      await askEverything(running, CALLERS);
      for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
        for (const path of ['/calls/2001', '/api/1.1/rest/call/2001', '/nowhere'])
          await ask(running.url + path, `${ALICE}\r\nOrigin: https://app.example`, method);
      for (const line of ['Cache-Control: only-if-cached', 'Accept: text/html', 'Cache-Control: no-cache'])
        await ask(`${running.url}/calls/2999`, `${ALICE}\r\n${line}`);
      // A key where none belongs, which must not come back either.
      for (const path of [`/calls/2001`, '/nowhere'])
        await ask(running.url + path, `${ALICE}\r\nX-Request-Id: ${CONSUMERS.keyOf('alice')}!`);
    });
  });

  it.each(Object.keys(ECHOES))('when CallFire repeats its credentials: %s', async (name) => {
    parrot.echo = ECHOES[name];
    await run(async (running) => {
      await askEverything(running, [ALICE, CALLERS[1] ?? '']);
    });
  });

  it('when CallFire fails until it is left alone', async () => {
    parrot.echo = ECHOES['an exception, 500'];
    await run(async (running) => {
      for (let round = 0; round < 25; round += 1) await ask(`${running.url}/calls/${(nextId += 1)}`);
    });
  });

  it('when too many wait for it', async () => {
    parrot.echo = ECHOES['silence'];
    const drive = (running: Running) =>
      Promise.all(Array.from({ length: 40 }, () => ask(`${running.url}/calls/${(nextId += 1)}`)));
    await run(drive, { UPSTREAM_MAX_CONCURRENCY: '1' });
  });

  it('when it cannot be reached', async () => {
    const files = {
      ...FILES,
      accounts: FILES['accounts']?.replaceAll(parrot.baseUrl, 'http://127.0.0.1:1/x'),
    };
    await run(async (running) => {
      running.files['accounts'] = files.accounts ?? '';
      running.gateway.reload();
      await askEverything(running);
    });
  });

  it('when the gateway has a bug', async () => {
    parrot.echo = undefined;
    let broken = false;
    const now = () => {
      if (broken) throw new TypeError('the clock broke');
      return Date.now();
    };
    const drive = async (running: Running) => {
      broken = true;
      await askEverything(running);
      broken = false;
    };
    await run(drive, {}, { now });
  });

  it('when tokens cannot be checked', async () => {
    const parroting = createServer((request, response) => response.end(JSON.stringify(request.headers)));
    parroting.listen(0, '127.0.0.1');
    await once(parroting, 'listening');
    const { port } = parroting.address() as AddressInfo;
    const drive = (running: Running) => askEverything(running, CALLERS);
    await run(drive, { AUTH_JWKS_FILE: '', AUTH_JWKS_URL: `http://127.0.0.1:${port}/` });
    parroting.close();
  });

  it('while credentials are rotated, and what replaces them is broken', async () => {
    await run(async (running) => {
      const { files, gateway } = running;
      const rotated = accountsFile(
        { current: LOGINS.firstNext, next: LOGINS.firstLater },
        { current: LOGINS.secondNext },
      );
      const good = LOGINS.firstLater;
      const broken = [
        '',
        rotated.slice(0, -2),
        rotated.replace('"name":"first"', `"name":${JSON.stringify(good.password)}`),
        rotated.replace('"name":"first"', `"name":"first",${JSON.stringify(good.password)}:1`),
        rotated.replace('"name":"first"', `"name":"first","token":${JSON.stringify(good.password)}`),
        rotated.replace(
          parrot.baseUrl,
          `https://${good.login}:${encodeURIComponent(good.password)}@callfire.example`,
        ),
        rotated.replace('"login":', '"login":7,"logn":'),
        accountsFile(
          { current: { login: `${good.login}:x`, password: good.password } },
          { current: LOGINS.second },
        ),
        accountsFile(
          { current: { login: good.login, passwordFile: good.password } },
          { current: LOGINS.second },
        ),
        accountsFile({ current: LOGINS.first, maxConcurrency: good.password }, { current: LOGINS.second }),
      ];
      for (const status of [401, 403, 409]) {
        parrot.echo = ECHOES[`an exception, ${status}`];
        await askEverything(running);
        for (const accounts of broken) {
          files['accounts'] = accounts;
          expect(gateway.reload()).toBe(false);
        }
        files['accounts'] = rotated;
        files['consumers'] =
          `{"consumers":[{"name":"${CONSUMERS.keyOf('alice')}!","keys":["${STRANGE_KEY}"]}]}`;
        expect(gateway.reload()).toBe(false);
        files['consumers'] = CONSUMERS.file;
        expect(gateway.reload()).toBe(true);
        await askEverything(running);
        files['accounts'] = FILES['accounts'] ?? '';
        expect(gateway.reload()).toBe(true);
      }
    });
  });

  it('while Redis asks for another password', async () => {
    parrot.echo = undefined;
    const admin = new Redis(redis.port, '127.0.0.1', { password: REDIS_PASSWORD });
    const url = redis.url.replace('://', `://:${encodeURIComponent(REDIS_PASSWORD)}@`);
    const drive = async (running: Running) => {
      await until(() => running.gateway.health().cache === 'up');
      await askEverything(running);
      await admin.config('SET', 'requirepass', OTHER_REDIS_PASSWORD);
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes');
      await until(async () => {
        await askEverything(running);
        return running.gateway.health().cache === 'down';
      });
      await ask(`${running.operators}/cache/calls?account=first`, ALICE, 'DELETE');
    };
    try {
      await run(drive, { REDIS_URL: url });
    } finally {
      await admin.config('SET', 'requirepass', REDIS_PASSWORD);
      admin.disconnect();
    }
  });

  it('and every kind of failure was among these', () => {
    expect(new Set(codes)).toEqual(new Set(Object.keys(ALL_CODES)));
  });

  it('and there was much to look at', () => {
    expect(scan.scanned).toBeGreaterThan(500_000);
  });
});

/** A code that is added to `errors.ts` and not here does not compile. */
const ALL_CODES: Readonly<Record<ErrorCode, true>> = {
  'invalid-call-id': true,
  'invalid-parameter': true,
  unauthenticated: true,
  forbidden: true,
  'rate-limited': true,
  'authentication-unavailable': true,
  'call-not-found': true,
  'route-not-found': true,
  'method-not-allowed': true,
  'not-acceptable': true,
  'upstream-rejected': true,
  'upstream-credentials-rejected': true,
  'upstream-unreachable': true,
  'upstream-error': true,
  'upstream-invalid-response': true,
  'upstream-timeout': true,
  'upstream-rate-limited': true,
  'upstream-unavailable': true,
  overloaded: true,
  'not-cached': true,
  'account-not-found': true,
  'nothing-kept': true,
  'operation-incomplete': true,
  'internal-error': true,
};

const { login, password } = LOGINS.first;
const KEY = CONSUMERS.keyOf('alice');

/** What somebody in a hurry may write where it does not belong. What names a host, an issuer or a claim is no secret. */
const MISTAKES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...[
        'PORT',
        'WORKERS',
        'LOG_LEVEL',
        'CORS_ORIGINS',
        'TRUST_PROXY',
        'AUTH',
        'CONSUMERS_FILE',
        'AUTH_JWKS_URL',
      ],
      ...['AUTH_JWKS_FILE', 'AUTH_JWT_ALGORITHMS', 'RATE_LIMIT', 'OPS_PORT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
      ...[
        'OTEL_SERVICE_NAME',
        'OTEL_TRACES_SAMPLER_ARG',
        'ACCOUNTS_FILE',
        'CALLFIRE_BASE_URL',
        'CALLFIRE_ALLOW_HTTP',
      ],
      ...[
        'CALLFIRE_ACCOUNT',
        'CALLFIRE_LOGIN_FILE',
        'CALLFIRE_PASSWORD_FILE',
        'UPSTREAM_TIMEOUT_MS',
        'REDIS_URL',
      ],
      ...['REDIS_URL_FILE', 'CACHE_STATES', 'CACHE_PREFIX', 'PASSTHROUGH', 'PASSTHROUGH_WRITES'],
    ].map((name) => [name, password]),
  ),
  CALLFIRE_LOGIN: `${login}:${password}`,
};

describe('no secret leaves at a bad start', () => {
  const URLS = [
    ['CALLFIRE_BASE_URL', `https://${login}:${encodeURIComponent(password)}@callfire.example`],
    ['CALLFIRE_BASE_URL', `https://callfire.example/?login=${login}`],
    ['CALLFIRE_BASE_URL', `http://callfire.example/${login}`],
    ['AUTH_JWKS_URL', `https://${login}:${KEY}@issuer.example`],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', `https://x:${KEY}@collector.example`],
    ['REDIS_URL', `redis://:${encodeURIComponent(password)}%@redis.example`],
    ['REDIS_URL', `http://:${encodeURIComponent(password)}@redis.example`],
    ['REDIS_URL', `redis://redis.example:99999/${encodeURIComponent(password)}`],
    ['ACCOUNTS_FILE', FILES['accounts'] ?? ''],
    ['CONSUMERS_FILE', KEY],
    ['AUTH_JWKS_FILE', TOKEN],
  ] as const;

  it.each([...Object.entries(MISTAKES), ...URLS].map(([name, value]) => [name, value] as const))(
    'with one in %s',
    (name, value) => {
      const environment = { CALLFIRE_LOGIN: login, CALLFIRE_PASSWORD: password, [name]: value };
      let said: unknown;
      try {
        readConfig(environment, nothing);
      } catch (error) {
        said = error;
      }
      expect(said).toBeInstanceOf(ConfigError);
      if (said instanceof ConfigError)
        scan.look(name, [said.message, said.stack, ...said.problems].join('\n'));
    },
  );

  it('of the process, which says what is wrong and ends with 2', async () => {
    const program = new Program('main.js', { environment: { ...MISTAKES, CALLFIRE_PASSWORD: password } });
    expect(await program.exit).toEqual({ code: 2, signal: null });
    expect(program.stderr).toMatch(/^The environment is not usable:\n/);
    scan.look('stdout and stderr', program.stdout + program.stderr);
  });
});

describe('no secret leaves the process', () => {
  it.each([['1'], ['2']])('that runs with WORKERS=%s, at every level, until it stops', async (workers) => {
    parrot.echo = ECHOES['an exception, 401'];
    const program = new Program('main.js', {
      environment: {
        PORT: '0',
        OPS_PORT: 'off',
        WORKERS: workers,
        CALLFIRE_LOGIN: login,
        CALLFIRE_PASSWORD: password,
        CALLFIRE_NEXT_PASSWORD: LOGINS.firstNext.password,
        CALLFIRE_BASE_URL: parrot.baseUrl,
        REDIS_URL: redis.url.replace('://', `://:${OTHER_REDIS_PASSWORD}@`),
        OTEL_EXPORTER_OTLP_HEADERS: OTLP_HEADERS,
        LOG_LEVEL: 'trace',
      },
    });
    const port = await program.output(/"port":(\d+).*"msg":"listening"/);
    for (const path of ['/calls/2001', '/api/1.1/rest/call/2001', '/readyz', '/calls/x'])
      await ask(`http://127.0.0.1:${port}${path}`, 'X-Nothing: 1');
    program.signal('SIGHUP');
    await until(() => program.stdout.includes('"audit":"reload"'), 30_000);
    program.signal('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    scan.look('stdout and stderr', program.stdout + program.stderr);
  });
});
