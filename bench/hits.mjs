import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nginxCommand } from './candidates/nginx.mjs';
import { createConsumer } from './consumer.mjs';
import { interleave, load } from './measure.mjs';
import { SERVER_CORE } from './processes.mjs';
import { ask, askUntilHit, startCandidate, startGateway, startRedis, startUpstream } from './servers.mjs';

/** Many calls, or lookups that overlap would share one read of Redis; their ids are equally long, like their answers. */
const IDS = { first: 5_000_000_000, count: 1000 };
const LAST_PATH = `/calls/${IDS.first + IDS.count - 1}`;
/** Node writes these itself, for the candidates too. */
const OF_THE_CONNECTION = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);

/**
 * Cache hits over 64 kept connections; the first candidate is what the others are compared with. The round that does
 * not count fills the caches.
 */
export async function measureHits({ processes, machine, plan, entry, dist }) {
  const candidates = await startAll({ processes, machine, entry, dist });
  const load64 = (server) => load(processes, server, { ids: IDS, connections: 64, seconds: plan.seconds });
  const samples = await interleave(candidates, plan.rounds, load64);
  for (const server of candidates.filter(({ name }) => name.startsWith('gateway'))) {
    await askUntilHit(server, LAST_PATH);
  }
  return candidates.map(({ name }, index) => ({ name, samples: samples[index] }));
}

async function startAll({ processes, machine, entry, dist }) {
  const upstream = await startUpstream(processes);
  const gateway = (name, env) => startGateway(processes, name, { entry, upstream, env });
  const shipped = await gateway('gateway, memory', {});
  const answerFile = join(processes.directory, 'answer.json');
  writeFileSync(answerFile, JSON.stringify(preparedAnswer(await askUntilHit(shipped, LAST_PATH))));

  const raw = await startCandidate(processes, 'raw node:http', 'raw.mjs', { ANSWER_FILE: answerFile });
  const { env, headers } = await createConsumer(processes, dist);
  const guarded = async (name, more) => ({ ...(await gateway(name, { ...env, ...more })), headers });
  const candidates = [raw, shipped, await guarded('gateway, memory, key and limit', {})];
  if (machine.redis) candidates.push(...(await startWithRedis(processes, { gateway, guarded, answerFile })));
  const proxyEnv = { UPSTREAM: upstream };
  candidates.push(
    await startCandidate(processes, 'Express, proxy, XML parser', 'express-proxy.mjs', proxyEnv),
  );
  if (machine.nginx) candidates.push(await startNginx(processes, raw.port));
  for (const server of candidates) await ask(server, LAST_PATH);
  return candidates;
}

async function startWithRedis(processes, { gateway, guarded, answerFile }) {
  const redis = await startRedis(processes);
  const tiered = await gateway('gateway, Redis and memory', { REDIS_URL: redis });
  const both = await guarded('gateway, Redis and memory, key and limit', { REDIS_URL: redis });
  const redisOnly = await gateway('gateway, Redis only', { REDIS_URL: redis, CACHE_MEMORY_MB: '0' });
  const env = {
    REDIS_URL: redis,
    ANSWER_FILE: answerFile,
    FIRST_ID: String(IDS.first),
    IDS: String(IDS.count),
  };
  return [
    tiered,
    both,
    redisOnly,
    await startCandidate(processes, 'Express, ioredis GET', 'express-redis.mjs', env),
  ];
}

function startNginx(processes, upstreamPort) {
  const { directory } = processes;
  return processes.serve('nginx proxy_cache, access log', SERVER_CORE, (port) => ({
    command: nginxCommand({ directory, port, upstreamPort }),
  }));
}

function preparedAnswer({ rawHeaders, body }) {
  const headers = rawHeaders.filter(
    (_, index) => !OF_THE_CONNECTION.has(rawHeaders[index & ~1].toLowerCase()),
  );
  return { headers, body };
}
