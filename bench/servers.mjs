import { once } from 'node:events';
import { get } from 'node:http';
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

/** Starts the gateway as it is shipped, logging on; `env` adds to what it needs. */
export function startGateway(processes, name, { entry, upstream, env = {} }) {
  return processes.serve(name, SERVER_CORE, () => ({
    command: [process.execPath, entry],
    env: { CALLFIRE_BASE_URL: upstream, CALLFIRE_LOGIN: 'bench', CALLFIRE_PASSWORD: 'bench', ...env },
  }));
}

/** Starts a Redis that keeps nothing on disk and gives its URL. */
export async function startRedis(processes) {
  const { port } = await processes.serve('redis', LOAD_CORE, (free) => ({
    command: [
      'redis-server',
      '--port',
      String(free),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      processes.directory,
    ],
  }));
  return `redis://127.0.0.1:${port}`;
}

/** Asks a server once. The body comes as latin1: one character a byte. Throws unless the answer is 200. */
export async function ask(server, path) {
  const [response] = await once(
    get({ host: '127.0.0.1', port: server.port, path, agent: false }),
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
