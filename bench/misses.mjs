import { freshIds, interleave, load } from './measure.mjs';
import { ask, startCandidate, startGateway, startUpstream } from './servers.mjs';

/** The gateway's own default, so that both have the same way to the upstream. */
const UPSTREAM_CONNECTIONS = '32';

/** About what a call to a service on the Internet takes at least. */
const DISTANT_MS = 20;

/**
 * Misses: each request asks for an id that nobody asked for before. The raw relay comes first. Gives the samples over
 * 64 connections, where throughput counts, over one, where the time of an answer does, and over one with an upstream
 * that takes its time, as a real one does.
 */
export async function measureMisses({ processes, plan, entry }) {
  const near = await startPair(processes, entry, await startUpstream(processes));
  const distant = await startPair(processes, entry, await startUpstream(processes, DISTANT_MS));
  const measure = (candidates, connections) =>
    interleave(candidates, plan.rounds, (server) =>
      load(processes, server, { ids: freshIds(), connections, seconds: plan.seconds }),
    );
  const throughput = await measure(near, 64);
  const alone = await measure(near, 1);
  const farAway = await measure(distant, 1);
  return near.map(({ name }, index) => ({
    name,
    samples: throughput[index],
    alone: alone[index],
    distant: farAway[index],
  }));
}

async function startPair(processes, entry, upstream) {
  const pair = [
    await startCandidate(processes, 'raw undici relay', 'relay.mjs', {
      UPSTREAM: new URL(upstream).origin,
      CONNECTIONS: UPSTREAM_CONNECTIONS,
    }),
    await startGateway(processes, 'gateway, misses', { entry, upstream }),
  ];
  for (const server of pair) await ask(server, '/calls/5000000000');
  return pair;
}
