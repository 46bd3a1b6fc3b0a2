import { askAll, startClient } from './client.mjs';
import { load } from './measure.mjs';
import { startGateway, startUpstream } from './servers.mjs';

const IDS = { first: 5_000_000_000, count: 1000 };
/** `candidates/upstream.mjs` answers this one with a list of 1,000 calls, which is no answer to a lookup. */
const LARGE_ID = 6_000_000_000;

/**
 * Hits over 64 connections, and in the same round the same while one more client asks, again and again, for a document of
 * 1,000 calls that has to be read to be refused. One sample a round: `calm`, `during`, and the documents read a second.
 */
export async function measureParsing({ processes, plan, entry }) {
  const upstream = await startUpstream(processes);
  const gateway = await startGateway(processes, 'gateway, parsing', { entry, upstream });
  const client = await startClient(processes);
  const hits = () =>
    load(processes, gateway, { ids: IDS, connections: 64, seconds: plan.seconds, checked: true });
  await askAll(client, gateway, IDS);
  await hits();

  const rounds = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    const calm = await hits();
    await client.start([{ ports: [gateway.port], first: LARGE_ID, count: 1, connections: 1 }]);
    const during = await hits();
    const [documents] = await client.stop();
    const times = documents.map(({ ms }) => ms);
    rounds.push({ calm, during, documents: times.length / plan.seconds, refused: documents[0]?.status });
  }
  return rounds;
}
