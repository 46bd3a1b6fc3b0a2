import { afterEach, describe, expect, it } from '@jest/globals';
import { startBalancer, type Balancer } from '../support/balancer.js';
import { startLoad, type Load } from '../support/load.js';
import { environmentFor, Program, startSimulator, type Environment } from '../support/process.js';
import { startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const CLIENTS = 12;
/** Calls that are stored after their first fetch, and calls that nobody knows. */
const IDS = Array.from({ length: 40 }, (_, index) => `${(index % 2 === 0 ? 2001 : 5_000_000_001) + index}`);

const ending: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

interface Fleet {
  readonly gateways: readonly { readonly program: Program; readonly port: number }[];
  readonly balancer: Balancer;
  readonly load: Load;
  readonly start: (port: number) => Promise<Program>;
}

/** Three gateways on one Redis behind a balancer, with load. */
async function startFleet(): Promise<Fleet> {
  const redis = await startRedisServer();
  ending.push(() => redis.stop());
  const simulator = await startSimulator();
  simulator.setFault('*', { delayMs: 10 });
  const environment: Environment = {
    ...environmentFor(simulator),
    REDIS_URL: redis.url,
    SHUTDOWN_DELAY_MS: '1000',
  };
  const launch = async (port: number) => {
    const program = new Program('main.js', { environment: { ...environment, PORT: String(port) } });
    return { program, port: Number(await program.output(/"port":(\d+).*"msg":"listening"/)) };
  };
  const gateways = await Promise.all([launch(0), launch(0), launch(0)]);
  const balancer = await startBalancer(gateways.map(({ port }) => port));
  ending.push(() => balancer.stop());
  const load = startLoad({ url: balancer.url, ids: IDS, clients: CLIENTS });
  ending.push(() => load.stop());
  await until(() => load.answers.length > 10 * CLIENTS);
  return { gateways, balancer, load, start: async (port) => (await launch(port)).program };
}

describe('three gateways behind a balancer that retries nothing', () => {
  it('are restarted one after another without one failed request', async () => {
    const { gateways, balancer, load, start } = await startFleet();

    for (const { program, port } of gateways) {
      program.signal('SIGTERM');
      expect(await program.exit).toEqual({ code: 0, signal: null });
      expect(balancer.sendsTo(port)).toBe(false);
      const before = load.answers.length;
      await start(port);
      await until(() => balancer.sendsTo(port) && load.answers.length > before + CLIENTS);
    }

    const answers = await load.stop();
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  }, 60_000);

  it('lose only what was on the one that is killed', async () => {
    const { gateways, balancer, load } = await startFleet();
    const [killed] = gateways;
    if (killed === undefined) throw new Error('There are three.');

    killed.program.signal('SIGKILL');
    await killed.program.exit;
    await until(() => !balancer.sendsTo(killed.port));
    const before = load.answers.length;
    await until(() => load.answers.length > before + 20 * CLIENTS);

    const answers = await load.stop();
    const failed = answers.filter(({ status }) => status !== 200);
    expect(failed.length).toBeLessThanOrEqual(CLIENTS);
    expect(failed.filter(({ text }) => !text.startsWith(`gateway ${killed.port}: `))).toEqual([]);
  }, 60_000);
});
