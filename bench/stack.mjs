import { LOAD_CORE } from './processes.mjs';
import { startCandidate, startGateway, startRedisServer, startSimulator } from './servers.mjs';

/** So that days on which CallFire is silent need not be long. */
const UPSTREAM_TIMEOUT_MS = '1000';

/**
 * A simulator, a Redis and `gateways` gateways on it, behind a balancer where there are several; between them and Redis a
 * link that can be made slow by `linkMs`. `ports`: where to ask for calls.
 */
export async function startStack({ processes, entry, dist }, { gateways: wanted = 1, env = {}, linkMs }) {
  const simulator = await startSimulator(processes, dist);
  const redis = await startRedisServer(processes);
  const linkEnv = { TARGET: String(redis.port), DELAY_MS: String(linkMs) };
  const link = linkMs && (await startCandidate(processes, 'slow link', 'slow-link.mjs', linkEnv, LOAD_CORE));
  const common = { REDIS_URL: `redis://127.0.0.1:${(link ?? redis).port}`, UPSTREAM_TIMEOUT_MS, ...env };
  const startOne = (index, port) =>
    startGateway(processes, `gateway ${index + 1}`, { entry, upstream: simulator.url, env: common, port });

  const gateways = [];
  for (let index = 0; index < wanted; index += 1) gateways.push(await startOne(index));
  const targets = { TARGETS: gateways.map(({ port }) => port).join() };
  const front =
    wanted > 1
      ? await startCandidate(processes, 'balancer', 'balancer.mjs', targets, LOAD_CORE)
      : gateways[0];
  return { processes, dist, simulator, redis, link, gateways, startOne, ports: [front.port] };
}
