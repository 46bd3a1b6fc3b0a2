import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOAD_CORE, SERVER_CORE } from './processes.mjs';

/** Starts one of our own servers in `candidates/`. */
export function startCandidate(processes, name, file, env, core = SERVER_CORE) {
  const script = fileURLToPath(new URL(`candidates/${file}`, import.meta.url));
  return processes.serve(name, core, () => ({ command: [process.execPath, script], env }));
}

/** Starts what stands in for CallFire and gives its base URL. */
export async function startUpstream(processes, delayMs = 0) {
  const env = { DELAY_MS: String(delayMs) };
  const { port } = await startCandidate(processes, 'upstream', 'upstream.mjs', env, LOAD_CORE);
  return `http://127.0.0.1:${port}/api/1.1/rest`;
}

const REQUIRED = { CALLFIRE_LOGIN: 'bench', CALLFIRE_PASSWORD: 'bench', OPS_PORT: '0' };

/** Starts the gateway as it is shipped, logs and metrics on; `env` adds to what it needs. */
export function startGateway(processes, name, { entry, upstream, env = {}, core = SERVER_CORE, port }) {
  const describe = () => ({
    command: [process.execPath, entry],
    env: { ...REQUIRED, CALLFIRE_BASE_URL: upstream, ...env },
  });
  return processes.serve(name, core, describe, port);
}

/** Starts a Redis that keeps nothing on disk and gives its URL. */
export async function startRedis(processes) {
  const { port } = await startRedisServer(processes);
  return `redis://127.0.0.1:${port}`;
}

/** The same as a process; on a port that it had before, where it comes back. */
export function startRedisServer(processes, port) {
  const settings = ['--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'allkeys-lfu'];
  const describe = (free) => ({
    command: ['redis-server', '--port', String(free), '--dir', processes.directory, ...settings],
  });
  return processes.serve('redis', LOAD_CORE, describe, port);
}

/** Starts the simulator of the build in `dist`, which knows the credentials that gateways get here. */
export async function startSimulator(processes, dist, port) {
  const credentials = ['--login', 'bench', '--password', 'bench'];
  const describe = (free) => ({
    command: [process.execPath, join(dist, 'simulator', 'main.js'), '--port', String(free), ...credentials],
  });
  const server = await processes.serve('simulator', LOAD_CORE, describe, port);
  const origin = `http://127.0.0.1:${server.port}`;
  return { ...server, origin, url: `${origin}/api/1.1/rest` };
}

/** Asks a server once. The body comes as latin1: one character a byte. Throws unless the answer is 200. */
export async function ask(server, path) {
  const [response] = await once(
    get({ host: '127.0.0.1', port: server.port, path, headers: server.headers, agent: false }),
    'response',
  );
  let body = '';
  for await (const text of response.setEncoding('latin1')) body += text;
  if (response.statusCode !== 200)
    throw new Error(`${server.name} answers ${path} with ${response.statusCode}: ${body}`);
  return { rawHeaders: response.rawHeaders, cacheStatus: response.headers['cache-status'] ?? '', body };
}

/** Asks a gateway until it answers from its cache, which it may fill after its first answer. */
export async function askUntilHit(server, path) {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const answer = await ask(server, path);
    if (answer.cacheStatus.includes('; hit')) return answer;
    await sleep(50);
  }
  throw new Error(`${server.name} never answers ${path} from its cache`);
}
