import { afterEach, describe, expect, it } from '@jest/globals';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.js';
import { arrivalsAt } from '../support/arrivals.js';
import { testConsumers } from '../support/consumers.js';
import { get, LOGIN, PASSWORD, startGateway, type TestGateway } from '../support/gateway.js';
import { startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const ID = '224205636001';
const CONSUMERS = testConsumers([
  { name: 'one', account: 'first', scopes: ['calls:read', 'passthrough:read'] },
  { name: 'other', account: 'second', scopes: ['calls:read', 'passthrough:read'] },
]);

const ending: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

interface TwoAccounts extends TestGateway {
  /** Of the second account; that of the first is `simulator`. */
  readonly second: Simulator;
  readonly ask: (consumer: string, path: string, headers?: Record<string, string>) => ReturnType<typeof get>;
}

async function start(environment: Record<string, string> = {}): Promise<TwoAccounts> {
  const second = createSimulator({ login: 'second-login', password: 'second-password' });
  await second.start();
  ending.push(() => second.stop());
  const accounts = [
    { name: 'first', baseUrl: '$CALLFIRE', current: { login: LOGIN, password: PASSWORD }, maxConcurrency: 1 },
    {
      name: 'second',
      baseUrl: second.baseUrl,
      current: { login: 'second-login', passwordFile: 'second-password' },
    },
  ];
  const gateway = await startGateway({
    environment: { ACCOUNTS_FILE: 'accounts', CONSUMERS_FILE: 'consumers', ...environment },
    files: {
      accounts: JSON.stringify({ accounts }),
      consumers: CONSUMERS.file,
      'second-password': 'second-password\n',
    },
  });
  ending.push(() => gateway.stop());
  const ask: TwoAccounts['ask'] = (consumer, path, headers) =>
    get(`${gateway.url}${path}`, { 'X-API-Key': CONSUMERS.keyOf(consumer), ...headers });
  return { ...gateway, second, ask };
}

/** The same id is another call at the other account. */
function tellApart({ simulator, second }: TwoAccounts): void {
  simulator.putCall(ID, { state: 'FINISHED', finalResult: 'LA', fromNumber: '1111' });
  second.putCall(ID, { state: 'FINISHED', finalResult: 'AM', fromNumber: '2222' });
}

describe('accounts', () => {
  it.each([
    ['memory', () => Promise.resolve({})],
    [
      'Redis',
      async () => {
        const redis = await startRedisServer();
        ending.push(() => redis.stop());
        return { REDIS_URL: redis.url };
      },
    ],
  ])('share nothing: cache, fetches and 404s (%s)', async (_case, environment) => {
    const both = await start(await environment());
    tellApart(both);
    const { ask, simulator, second } = both;
    simulator.removeCall('7');
    second.putCall('7', { state: 'FINISHED' });
    for (let round = 0; round < 3; round += 1) {
      const [one, other] = await Promise.all([ask('one', `/calls/${ID}`), ask('other', `/calls/${ID}`)]);
      expect(one.json).toMatchObject({ fromNumber: '1111' });
      expect(other.json).toMatchObject({ fromNumber: '2222' });
      expect((await ask('one', '/calls/7')).status).toBe(404);
      expect((await ask('other', '/calls/7')).status).toBe(200);
    }
    expect(simulator.requestsFor(ID)).toBe(1);
    expect(second.requestsFor(ID)).toBe(1);
    expect((await ask('one', `/api/1.1/rest/call/${ID}`)).text).toContain('1111');
    expect((await ask('other', `/api/1.1/rest/call/${ID}`)).text).toContain('2222');
  });

  it('do not feel each other’s trouble', async () => {
    const { ask, simulator, second, gateway } = await start();
    simulator.setFault('*', { status: 500 });
    for (let id = 2001; id < 2025; id += 1) await ask('one', `/calls/${id}`);
    expect((await ask('one', '/calls/2030')).json).toMatchObject({ code: 'upstream-unavailable' });
    expect((await ask('other', '/calls/2030')).status).toBe(200);
    expect(gateway.health().upstream).toBe('failing');
    expect(second.requestsFor('2030')).toBe(1);
  });

  it('wait in queues of their own', async () => {
    const { ask, simulator, url } = await start({ UPSTREAM_TIMEOUT_MS: '60000' });
    simulator.setFault('*', { stall: 'headers' });
    const arrived = arrivalsAt(url);
    // One is under way and 32 wait: the queue of the first account is full.
    const hanging = Array.from({ length: 33 }, (_, n) =>
      ask('one', `/calls/${2001 + n}`).catch(() => undefined),
    );
    await until(() => arrived() === 33);
    let refused = await ask('one', '/calls/2100');
    while (refused.status !== 503) refused = await ask('one', '/calls/2100');
    expect(refused.json).toMatchObject({ code: 'overloaded' });
    expect((await ask('other', '/calls/2100')).status).toBe(200);
    await simulator.stop();
    await Promise.all(hanging);
  });

  it('have their names in the request log', async () => {
    const { ask, logLines } = await start();
    await ask('other', `/calls/${ID}`);
    expect(logLines.some((line) => line.includes('"consumer":"other","account":"second"'))).toBe(true);
  });
});
