import { startClient } from './client.mjs';
import { freshIds } from './measure.mjs';
import { startGateway, startRedis, startUpstream, ask } from './servers.mjs';

const GATEWAYS = 3;
/** About what a call to a service on the Internet takes at least. */
const UPSTREAM_MS = 20;
/** `candidates/upstream.mjs` says of ids from here on that they are in progress. */
const IN_PROGRESS = 7_000_000_000;

/**
 * Requests to the upstream for each call that three gateways are asked for at the same moment: with a Redis they share,
 * and each by itself. Both for finished calls that nobody has stored and for calls in progress, which nobody stores.
 */
export async function measureLeases({ processes, plan, entry, machine }) {
  const client = await startClient(processes);
  const wanted = plan.rounds * 200;
  const results = [];
  for (const shared of machine.redis ? [true, false] : [false]) {
    const upstream = await startUpstream(processes, UPSTREAM_MS);
    const env = shared ? { REDIS_URL: await startRedis(processes), REDIS_TIMEOUT_MS: '1000' } : {};
    const ports = [];
    for (let number = 1; number <= GATEWAYS; number += 1) {
      const name = `gateway ${number}, ${shared ? 'shared Redis' : 'alone'}`;
      ports.push((await startGateway(processes, name, { entry, upstream, env })).port);
    }
    for (const [kind, first] of [
      ['not stored yet', freshIds().first],
      ['in progress', IN_PROGRESS],
    ]) {
      const before = await askedFor(upstream);
      await client.start([{ ports, first, count: wanted, connections: 8, wanted, together: true }]);
      const [answers] = await client.ended();
      const asked = (await askedFor(upstream)) - before;
      const lost = answers.filter(({ status }) => status !== 200).length;
      results.push({ shared, kind, lookups: answers.length, asked, perCall: asked / wanted, lost });
    }
  }
  return results;
}

/** How many calls the upstream was asked for until now. */
async function askedFor(upstream) {
  const { body } = await ask({ name: 'upstream', port: Number(new URL(upstream).port) }, '/asked');
  return Number(body);
}
