import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetch } from 'undici';
import { startRedisServer, startSimulator } from './servers.mjs';

/**
 * The bad days: `begin` makes a stack (`stack.mjs`) ill and `end` well again. `seconds` is how long the day lasts where that
 * matters; `env` and `gateways` describe the stack it needs. `begin` gives false where this build cannot have such a day.
 */
export const DAYS = [
  {
    name: 'Redis killed, and back',
    begin: ({ redis }) => signal(redis, 'SIGKILL'),
    end: ({ processes, redis }) => startRedisServer(processes, redis.port),
  },
  {
    name: 'Redis frozen',
    seconds: ({ frozenSeconds }) => frozenSeconds,
    begin: ({ redis }) => signal(redis, 'SIGSTOP'),
    end: ({ redis }) => signal(redis, 'SIGCONT'),
  },
  { name: 'Redis 20 ms slow', ...slow(20) },
  { name: 'Redis 200 ms slow', ...slow(200) },
  {
    name: 'Redis flushed',
    begin: async ({ redis }) => {
      const admin = new Redis(redis.port);
      await admin.flushall();
      admin.disconnect();
    },
  },
  {
    name: 'CallFire refuses connections',
    begin: ({ simulator }) => signal(simulator, 'SIGKILL'),
    end: ({ processes, dist, simulator }) => startSimulator(processes, dist, simulator.port),
  },
  {
    name: 'CallFire takes requests and is silent',
    begin: ({ simulator }) => signal(simulator, 'SIGSTOP'),
    end: ({ simulator }) => signal(simulator, 'SIGCONT'),
  },
  { name: 'CallFire answers 503', ...fault({ status: 503 }) },
  { name: 'CallFire answers 429', ...fault({ status: 429 }) },
  {
    name: 'three gateways restarted in turn',
    gateways: 3,
    // Longer than `candidates/balancer.mjs` takes to see that one is going.
    env: { SHUTDOWN_DELAY_MS: '500' },
    begin: restartInTurn,
  },
  { name: 'one of two workers killed', env: { WORKERS: '2' }, begin: killOneWorker },
];

function slow(linkMs) {
  return {
    linkMs,
    begin: ({ link }) => signal(link, 'SIGUSR2'),
    end: ({ link }) => signal(link, 'SIGUSR2'),
  };
}

function fault(description) {
  const control = (simulator, method, path, body) =>
    fetch(`${simulator.origin}/_control/faults${path}`, { method, body });
  return {
    begin: async ({ simulator }) => void (await control(simulator, 'PUT', '/*', JSON.stringify(description))),
    end: ({ simulator }) => control(simulator, 'DELETE', ''),
  };
}

async function restartInTurn({ gateways, startOne }) {
  for (const [index, gateway] of gateways.entries()) {
    signal(gateway, 'SIGTERM');
    while (running(gateway.pid)) await sleep(20);
    gateways[index] = await startOne(index, gateway.port);
    // So long the balancer may take to see that it is back.
    await sleep(500);
  }
}

function killOneWorker({ gateways: [{ pid }] }) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
  if (children.length < 2) return false;
  process.kill(Number(children[0]), 'SIGKILL');
}

function signal({ pid }, name) {
  process.kill(pid, name);
}

function running(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
