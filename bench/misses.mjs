import { freshIds, interleave, load } from './measure.mjs';
import { ask, startCandidate, startGateway, startUpstream } from './servers.mjs';

/** The gateway's own default, so that both have the same way to the upstream. */
const UPSTREAM_CONNECTIONS = '32';

/**
 * Misses: each request asks for an id that nobody asked for before. The raw relay comes first. Gives the samples over
 * 64 connections, where throughput counts, and over one, where the time of an answer does.
 */
export async function measureMisses({ processes, plan, entry }) {
  const upstream = await startUpstream(processes);
  const candidates = [
    await startCandidate(processes, 'raw undici relay', 'relay.mjs', {
      UPSTREAM: new URL(upstream).origin,
      CONNECTIONS: UPSTREAM_CONNECTIONS,
    }),
    await startGateway(processes, 'gateway, misses', { entry, upstream }),
  ];
  for (const server of candidates) await ask(server, '/calls/5000000000');
  const measure = (connections) =>
    interleave(candidates, plan.rounds, (server) =>
      load(processes, server, { ids: freshIds(), connections, seconds: plan.seconds }),
    );
  const [throughput, latency] = [await measure(64), await measure(1)];
  return candidates.map(({ name }, index) => ({ name, samples: throughput[index], alone: latency[index] }));
}
