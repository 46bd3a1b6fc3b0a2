import { cpus } from 'node:os';
import { askAll, startClient } from './client.mjs';
import { interleave, load } from './measure.mjs';
import { ANY_CORE } from './processes.mjs';
import { startGateway, startUpstream } from './servers.mjs';

const IDS = { first: 5_000_000_000, count: 1000 };

/**
 * Hits with one worker and with two, on cores of the machine's choice, because two workers on one core would show nothing.
 * The load generator takes its share of the same cores.
 */
export async function measureWorkers({ processes, plan, entry }) {
  const upstream = await startUpstream(processes);
  const candidates = [];
  for (const workers of ['1', '2']) {
    const options = { entry, upstream, env: { WORKERS: workers }, core: ANY_CORE };
    candidates.push(await startGateway(processes, `WORKERS=${workers}`, options));
  }
  const client = await startClient(processes);
  // Each worker has a memory of its own; the round that does not count fills what is left.
  for (const server of candidates) await askAll(client, server, IDS);
  const hits = (server) =>
    load(processes, server, { ids: IDS, connections: 64, seconds: plan.seconds, core: ANY_CORE });
  const samples = await interleave(candidates, plan.rounds, hits);
  return candidates.map(({ name }, index) => ({ name, cores: cpus().length, samples: samples[index] }));
}
