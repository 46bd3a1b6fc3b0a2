import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createApiKey } from '../../src/access/api-key.js';
import { readConfig, type Config } from '../../src/config.js';
import { createGateway } from '../../src/gateway.js';
import { createLogTo } from '../../src/logger.js';
import { testConsumers } from '../support/consumers.js';
import { DOCUMENT_WORKER } from '../support/document-worker.js';
import { get, LOGIN, PASSWORD, startGateway, type TestGateway } from '../support/gateway.js';
import { AUDIENCE, createSigner, ISSUER, type Signer } from '../support/issuer.js';
import { startLoad, type Load } from '../support/load.js';
import { environmentFor, serve, startSimulator, type Environment, type Serving } from '../support/process.js';
import { startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const ID = '224205636001';

const ending: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function start(environment: Record<string, string>, files: Record<string, string>) {
  const gateway = await startGateway({ environment, files });
  ending.push(() => gateway.stop());
  return gateway;
}

const statusWith = async ({ url }: { url: string }, key: string, path = `/calls/${ID}`) =>
  (await get(`${url}${path}`, { 'X-API-Key': key })).status;

const reloads = ({ logLines }: Pick<TestGateway, 'logLines'>) =>
  logLines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ audit }) => audit === 'reload');

describe('a reload', () => {
  it('puts consumers in force that were added, and no longer those that are gone', async () => {
    const before = testConsumers([{ name: 'old' }]);
    const after = testConsumers([{ name: 'new' }]);
    const gateway = await start({ CONSUMERS_FILE: 'consumers' }, { consumers: before.file });
    expect(await statusWith(gateway, before.keyOf('old'))).toBe(200);
    expect(await statusWith(gateway, after.keyOf('new'))).toBe(401);

    gateway.files['consumers'] = after.file;
    expect(gateway.gateway.reload()).toBe(true);

    expect(await statusWith(gateway, before.keyOf('old'))).toBe(401);
    expect(await statusWith(gateway, after.keyOf('new'))).toBe(200);
    expect(reloads(gateway)).toEqual([expect.objectContaining({ outcome: 'done', consumers: 1, level: 30 })]);
  });

  it.each<[string, (files: Record<string, string>) => void]>([
    ['is no JSON', (files) => (files['consumers'] = '{"consumers": [')],
    ['has a member that nobody knows', (files) => (files['consumers'] = '{"consumers":[],"s3cret":1}')],
    ['is gone', (files) => delete files['consumers']],
    [
      'names an account that the other file does not have',
      (files) => (files['consumers'] = testConsumers([{ name: 'x', account: 'nowhere' }]).file),
    ],
    ['is beside accounts that are broken', (files) => (files['accounts'] = '{"accounts":[]}')],
    ['is beside a secret that is gone', (files) => delete files['password']],
  ])('of a file that %s changes nothing, and says so', async (_case, breakIt) => {
    const consumers = testConsumers([{ name: 'web', account: 'main' }]);
    const current = { login: LOGIN, passwordFile: 'password' };
    const gateway = await start(
      { CONSUMERS_FILE: 'consumers', ACCOUNTS_FILE: 'accounts' },
      {
        consumers: consumers.file,
        accounts: JSON.stringify({ accounts: [{ name: 'main', baseUrl: '$CALLFIRE', current }] }),
        password: PASSWORD,
      },
    );
    // Valid by itself: refused with the rest.
    gateway.files['consumers'] = testConsumers([{ name: 'other' }]).file;
    breakIt(gateway.files);
    expect(gateway.gateway.reload()).toBe(false);

    expect(await statusWith(gateway, consumers.keyOf('web'))).toBe(200);
    const [line] = reloads(gateway);
    expect(line).toMatchObject({ outcome: 'refused', level: 50 });
    expect(line?.['problems']).toHaveLength(1);
    expect(JSON.stringify(line)).not.toContain('s3cret');
  });

  it('serves accounts that were added, and drops those that are gone', async () => {
    const consumers = testConsumers([
      { name: 'a', account: 'first' },
      { name: 'b', account: 'second' },
    ]);
    const account = (name: string) => ({
      name,
      baseUrl: '$CALLFIRE',
      current: { login: LOGIN, password: PASSWORD },
    });
    const only = (file: string, name: string) =>
      JSON.stringify({
        consumers: (JSON.parse(file) as { consumers: { account: string }[] }).consumers.filter(
          (consumer) => consumer.account === name,
        ),
      });
    const gateway = await start(
      { CONSUMERS_FILE: 'consumers', ACCOUNTS_FILE: 'accounts' },
      {
        consumers: only(consumers.file, 'first'),
        accounts: JSON.stringify({ accounts: [account('first')] }),
      },
    );
    expect(await statusWith(gateway, consumers.keyOf('a'))).toBe(200);

    gateway.files['accounts'] = JSON.stringify({ accounts: [account('first'), account('second')] });
    gateway.files['consumers'] = consumers.file;
    expect(gateway.gateway.reload()).toBe(true);
    expect(await statusWith(gateway, consumers.keyOf('b'))).toBe(200);
    expect(gateway.simulator.requestsFor(ID)).toBe(2);

    gateway.files['accounts'] = JSON.stringify({ accounts: [account('second')] });
    gateway.files['consumers'] = only(consumers.file, 'second');
    expect(gateway.gateway.reload()).toBe(true);
    expect(await statusWith(gateway, consumers.keyOf('a'))).toBe(401);
    expect(await statusWith(gateway, consumers.keyOf('b'))).toBe(200);
    expect(gateway.simulator.requestsFor(ID)).toBe(2);
  });

  it('lets what an account has under way end as it goes, also a download longer than a fetch may be', async () => {
    const elsewhere = await startSimulator();
    const gateway = await start(
      { ACCOUNTS_FILE: 'accounts', UPSTREAM_TIMEOUT_MS: '700', SHUTDOWN_GRACE_MS: '0' },
      { accounts: oneAccount() },
    );
    const { simulator, url } = gateway;
    const whole = (await get(`${url}/api/1.1/rest/call/${ID}`)).text;
    simulator.setFault('2001', { held: true });
    simulator.setFault(ID, { dripBytesPerSecond: whole.length });
    const lookup = get(`${url}/calls/2001`);
    const download = get(`${url}/api/1.1/rest/call/${ID}`);
    await until(() => simulator.requestsFor('2001') === 1 && simulator.requestsFor(ID) === 2);
    gateway.files['accounts'] = oneAccount({ baseUrl: elsewhere.baseUrl });
    expect(gateway.gateway.reload()).toBe(true);
    simulator.clearFaults();
    expect((await lookup).status).toBe(200);
    expect((await download).text).toBe(whole);
    await get(`${url}/calls/2002`);
    expect(elsewhere.requestsFor('2002')).toBe(1);
  });

  it('of the limit of an account keeps its fetches together, and holds at once', async () => {
    const gateway = await start(
      { ACCOUNTS_FILE: 'accounts', SHUTDOWN_GRACE_MS: '0' },
      { accounts: oneAccount({ maxConcurrency: 1 }) },
    );
    const { simulator, url } = gateway;
    simulator.setFault('*', { stall: 'headers' });
    const [first, second] = [get(`${url}/calls/${ID}`), get(`${url}/calls/2001`)];
    await until(() => simulator.requests.length === 1);
    const [sent, waiting] = simulator.requestsFor(ID) === 1 ? [ID, '2001'] : ['2001', ID];
    gateway.files['accounts'] = oneAccount({ maxConcurrency: 3 });
    expect(gateway.gateway.reload()).toBe(true);
    await until(() => simulator.requestsFor(waiting) === 1);

    const joined = get(`${url}/calls/${sent}`);
    const raw = get(`${url}/api/1.1/rest/call/2002`);
    await until(() => simulator.requestsFor('2002') === 1);
    expect(simulator.requestsFor(sent)).toBe(1);
    const ended = Promise.allSettled([first, second, joined, raw]);
    await gateway.stop();
    await ended;
  });

  it('does nothing any more once the gateway stops', async () => {
    const gateway = await start({ ACCOUNTS_FILE: 'accounts' }, { accounts: oneAccount() });
    const stopped = gateway.gateway.stop();
    gateway.files['accounts'] = oneAccount({ name: 'other' });
    expect(gateway.gateway.reload()).toBe(false);
    await stopped;
    expect(gateway.gateway.reload()).toBe(false);
    expect(reloads(gateway)).toEqual([]);
  });
});

/** What `ACCOUNTS_FILE` holds. */
function oneAccount(fields: object = {}): string {
  const current = { login: LOGIN, password: PASSWORD };
  return JSON.stringify({ accounts: [{ name: 'main', baseUrl: '$CALLFIRE', current, ...fields }] });
}

describe('a reload of what', () => {
  const withAccounts = (config: Config, ...changes: Partial<Config['accounts'][number]>[]) => ({
    ...config,
    accounts: changes.flatMap((change) => config.accounts.map((account) => ({ ...account, ...change }))),
  });
  it.each<[string, string, (config: Config) => Config]>([
    [
      'cannot be read for a reason that nobody foresaw',
      'RangeError',
      () => {
        throw Object.assign(new RangeError('s3cret'), { code: 'ODD' });
      },
    ],
    [
      'has an account that cannot be opened',
      'InvalidArgumentError',
      (config) =>
        withAccounts(
          config,
          { current: { login: 's3cret', password: 's3cret' } },
          { name: 'other', baseUrl: new URL('ftp://s3cret.example/') },
        ),
    ],
    ['has no account', 'Error', (config) => withAccounts(config)],
  ])('%s changes nothing, and tells no secret', async (_case, error, change) => {
    const simulator = await startSimulator();
    const config = readConfig(environmentFor(simulator), () => '');
    const { gateway, url, logLines } = await startOn(() => change(config), config);
    expect(gateway.reload()).toBe(false);
    expect((await get(`${url}/calls/${ID}`)).status).toBe(200);
    expect(reloads({ logLines })).toEqual([expect.objectContaining({ outcome: 'refused', error })]);
    expect(logLines.join()).not.toContain('s3cret');
  });
});

/** A gateway on a configuration that was read before, without anything that a test would not see. */
async function startOn(read: () => Config, config = read(), beforeStart = () => undefined as unknown) {
  const logLines: string[] = [];
  const log = createLogTo('info', { write: (line: string) => void logLines.push(line) });
  const gateway = createGateway(config, {
    readConfig: read,
    log,
    idleMs: 0,
    documentWorker: DOCUMENT_WORKER,
  });
  ending.push(() => gateway.stop());
  beforeStart();
  const port = await gateway.start();
  return { gateway, url: `http://127.0.0.1:${port}`, logLines };
}

describe('a file that is watched', () => {
  it('may have changed before it was: that is noticed, too', async () => {
    const folder = createFolder();
    const consumers = testConsumers([{ name: 'web' }]);
    folder.write('consumers', { consumers: [] });
    const simulator = await startSimulator();
    const environment = { ...environmentFor(simulator), CONSUMERS_FILE: folder.path('consumers') };
    const read = () => readConfig(environment, readText);
    const serving = await startOn(read, read(), () => {
      folder.write('consumers', consumers.file);
    });
    await until(async () => (await statusWith(serving, consumers.keyOf('web'))) === 200);
    expect(reloads(serving)).toHaveLength(1);
  });

  it('may change while it is read for the first time', async () => {
    const { folder, environment } = await startFolder({ login: LOGIN, password: PASSWORD });
    const readAndReplace = (path: string) => {
      const text = readText(path);
      if (text === 'wrong') folder.write('password', PASSWORD);
      return text;
    };
    const { gateway, url } = await startOn(() => readConfig(environment, readAndReplace));
    folder.write('password', 'wrong');
    folder.write('accounts', folder.account({ login: LOGIN, passwordFile: folder.path('password') }));
    expect(gateway.reload()).toBe(true);
    await until(async () => (await get(`${url}/calls/${ID}`)).status === 200);
  });

  it('may be missing when it is named for the first time', async () => {
    const { folder, environment } = await startFolder({ login: LOGIN, password: 'wrong' });
    const { url, logLines } = await startOn(() => readConfig(environment, readText));
    folder.write('accounts', folder.account({ login: LOGIN, passwordFile: folder.path('password') }));
    await until(() => reloads({ logLines }).length === 1);
    expect((await get(`${url}/calls/${ID}`)).status).toBe(502);
    folder.write('password', PASSWORD);
    await until(async () => (await get(`${url}/calls/${ID}`)).status === 200);
    expect(reloads({ logLines }).map(({ outcome }) => outcome)).toEqual(['refused', 'done']);
  });
});

const readText = (path: string) => readFileSync(path, 'utf8');

/** With an account that has that credential, and the environment that names it. */
async function startFolder(current: object) {
  const simulator = await startSimulator();
  const own = createFolder();
  const account = (credential: object) => ({
    accounts: [{ name: 'main', baseUrl: simulator.baseUrl, current: credential }],
  });
  own.write('accounts', account(current));
  const environment = { PORT: '0', OPS_PORT: 'off', ACCOUNTS_FILE: own.path('accounts') };
  return { folder: { ...own, account }, environment };
}

/** Files of the system in a folder of their own, replaced as a careful program does. */
function createFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'callfire-gateway-reload-'));
  ending.push(() => {
    rmSync(folder, { recursive: true });
  });
  return {
    path: (name: string) => join(folder, name),
    write(name: string, content: unknown) {
      const text = typeof content === 'string' ? content : JSON.stringify(content);
      writeFileSync(join(folder, `${name}.new`), text);
      renameSync(join(folder, `${name}.new`), join(folder, name));
    },
  };
}

const reloadsDone = ({ program }: Serving) =>
  program.logLines.filter(({ audit, outcome }) => audit === 'reload' && outcome === 'done').length;

describe('a running gateway', () => {
  it('notices by itself that a file has changed', async () => {
    const folder = createFolder();
    const consumers = testConsumers([{ name: 'web' }]);
    folder.write('consumers', { consumers: [] });
    const serving = await serve({ environment: { CONSUMERS_FILE: folder.path('consumers') } });
    expect(await statusWith(serving, consumers.keyOf('web'))).toBe(401);
    folder.write('consumers', consumers.file);
    await until(async () => (await statusWith(serving, consumers.keyOf('web'))) === 200);
  });

  it('reads its files again on SIGHUP, with all its workers', async () => {
    const folder = createFolder();
    const consumers = testConsumers([{ name: 'web' }]);
    folder.write('consumers', { consumers: [] });
    const serving = await serve({ environment: { CONSUMERS_FILE: folder.path('consumers'), WORKERS: '2' } });
    folder.write('consumers', consumers.file);
    serving.program.signal('SIGHUP');
    await until(() => {
      const done = serving.program.logLines.filter(({ audit }) => audit === 'reload');
      return new Set(done.map(({ worker }) => worker)).size === 2;
    });
    for (let n = 0; n < 8; n += 1) expect(await statusWith(serving, consumers.keyOf('web'))).toBe(200);
  });
});

const STORED = Array.from({ length: 20 }, (_, index) => String(2001 + index));
const OTHER = { login: 'other-login', password: 'other-password' };
const SCOPES = ['calls:read', 'passthrough:read'];

/** A gateway on files, with load from a consumer by key, from a token and through the passthrough. */
async function startRotation() {
  const redis = await startRedisServer();
  ending.push(() => redis.stop());
  const folder = createFolder();
  const keys = [createApiKey(), createApiKey()] as const;
  const issuers = [await createSigner('one'), await createSigner('two')] as const;
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const tokens = await Promise.all(issuers.map((issuer) => issuer.sign({ exp })));
  const files = (own: readonly string[], logins: readonly object[], issued: readonly Signer[]) => {
    folder.write('consumers', testConsumers([{ name: 'web', scopes: SCOPES, keys: own }]).file);
    const [current, next] = logins;
    folder.write('accounts', { accounts: [{ name: 'main', baseUrl: baseUrl(), current, next }] });
    folder.write('jwks', { keys: issued.map(({ jwk }) => jwk) });
  };
  let baseUrl = () => 'http://127.0.0.1:1/';
  const first = { login: LOGIN, password: PASSWORD };
  files([keys[0]], [first], [issuers[0]]);
  const environment: Environment = {
    CALLFIRE_LOGIN: '',
    CALLFIRE_PASSWORD: '',
    CALLFIRE_BASE_URL: '',
    CONSUMERS_FILE: folder.path('consumers'),
    ACCOUNTS_FILE: folder.path('accounts'),
    AUTH_JWKS_FILE: folder.path('jwks'),
    AUTH_JWT_ISSUER: ISSUER,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    REDIS_URL: redis.url,
  };
  const serving = await serve({ environment });
  baseUrl = () => serving.simulator.baseUrl;
  const rotate = async (...to: Parameters<typeof files>) => {
    const before = reloadsDone(serving);
    files(...to);
    serving.program.signal('SIGHUP');
    await until(() => reloadsDone(serving) > before);
  };
  await rotate([keys[0]], [first], [issuers[0]]);
  return { serving, rotate, keys, issuers, tokens, first };
}

/** What a caller notices of an answer. */
const failures = (load: Load) => load.answers.filter(({ status }) => status !== 200);
const hits = (load: Load, from: number) =>
  load.answers.slice(from).filter(({ cacheStatus }) => cacheStatus.includes('; hit')).length /
  (load.answers.length - from);

describe('rotating everything under load', () => {
  it('costs no request and no hit', async () => {
    const { serving, rotate, keys, issuers, tokens, first } = await startRotation();
    let generation = 0;
    const withKey = () => ({ 'X-API-Key': keys[generation] ?? '' });
    const withToken = () => ({ Authorization: `Bearer ${tokens[generation] ?? ''}` });
    const { url, simulator } = serving;
    const stored = startLoad({ url, ids: STORED, clients: 2, headers: withKey });
    const moving = startLoad({ url, ids: ['1001', '1002'], clients: 2, headers: withToken });
    const raw = startLoad({ url, ids: STORED, clients: 2, headers: withKey, path: '/api/1.1/rest/call/' });
    const loads = [stored, moving, raw];
    ending.push(() => Promise.all(loads.map((load) => load.stop())));
    const answered = async (count: number) => {
      const before = loads.map((load) => load.answers.length);
      await until(() => loads.every((load, index) => load.answers.length > (before[index] ?? 0) + count));
    };
    await answered(3 * STORED.length);
    const warm = stored.answers.length;

    simulator.setCredentials([first, OTHER]);
    await rotate([...keys], [first, OTHER], [...issuers]);
    await answered(20);
    generation = 1;
    await answered(20);
    simulator.setCredentials([OTHER]);
    await answered(20);
    await rotate([keys[1]], [OTHER], [issuers[1]]);
    await answered(20);
    await Promise.all(loads.map((load) => load.stop()));

    expect(loads.flatMap(failures)).toEqual([]);
    expect(hits(stored, warm)).toBe(1);
    expect(await statusWith(serving, keys[0])).toBe(401);
    const old = await get(`${url}/calls/${ID}`, { Authorization: `Bearer ${tokens[0] ?? ''}` });
    expect(old.status).toBe(401);
    const switches = serving.program.logLines.filter(({ audit }) => audit === 'credential-switch');
    expect(switches).toEqual([expect.objectContaining({ account: 'main', from: 'current', to: 'next' })]);
  });
});
