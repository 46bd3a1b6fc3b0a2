import { Redis } from 'ioredis';
import { askAll, startClient } from './client.mjs';
import { ask, startGateway, startRedisServer, startSimulator } from './servers.mjs';

const FIRST = 5_000_000_000;
const SAMPLE = 500;

/**
 * What finished calls take in Redis, looked up through a gateway: `used_memory` less that of an empty server, of calls that
 * the simulator makes up, some with recordings, questions, labels or several attempts. Then what is added when a gateway
 * with a memory tier reads all of them, and Redis has to remember that to announce changes.
 */
export async function measureRedisMemory({ processes, machine, plan, entry, dist }) {
  if (!machine.redis) return [];
  const upstream = (await startSimulator(processes, dist)).url;
  const { port } = await startRedisServer(processes);
  const env = { REDIS_URL: `redis://127.0.0.1:${port}`, LOG_LEVEL: 'warn', REDIS_TIMEOUT_MS: '5000' };
  const start = (name, extra) =>
    startGateway(processes, name, { entry, upstream, env: { ...env, ...extra } });
  const filling = await start('gateway, Redis only', { CACHE_MEMORY_MB: '0' });
  const redis = new Redis(port);
  try {
    const empty = await usedBytes(redis);
    const client = await startClient(processes);
    await askAll(client, filling, { first: FIRST, count: plan.redisCalls });
    const calls = await redis.dbsize();
    const entries = (await usedBytes(redis)) - empty;
    const parts = await partsOf(redis, filling);
    const tiered = await start('gateway, Redis and memory', {});
    const before = await usedBytes(redis);
    await askAll(client, tiered, { first: FIRST, count: plan.redisCalls });
    const tracked = (await usedBytes(redis)) - before;
    return [{ calls, bytes: entries / calls, tracked: tracked / calls, ...parts }];
  } finally {
    redis.disconnect();
  }
}

async function usedBytes(redis) {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1]);
}

/** Mean lengths of key, value and the JSON in it, of the first calls. */
async function partsOf(redis, server) {
  const total = { key: 0, value: 0, json: 0 };
  const prefix = String(await redis.randomkey()).replace(/\d+$/, '');
  for (let id = FIRST; id < FIRST + SAMPLE; id += 1) {
    total.key += prefix.length + String(id).length;
    total.value += await redis.strlen(prefix + id);
    total.json += (await ask(server, `/calls/${id}`)).body.length;
  }
  return { key: total.key / SAMPLE, fields: (total.value - total.json) / SAMPLE, json: total.json / SAMPLE };
}
