import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { LOAD_CORE, SERVER_CORE } from './processes.mjs';

/** What this machine offers. Throws where the load generator is missing: a benchmark does not change the machine. */
export function inspectMachine() {
  if (!works('wrk', '-v')) throw new Error('wrk, the load generator, is missing: install the package "wrk".');
  return {
    pinned:
      works('taskset', '-c', String(SERVER_CORE), 'true') &&
      works('taskset', '-c', String(LOAD_CORE), 'true'),
    redis: works('redis-server', '--version'),
    nginx: works('nginx', '-v'),
  };
}

/** Where the numbers come from, and what is left out. */
export function describeMachine({ pinned, redis, nginx }) {
  const [{ model }] = cpus();
  const cores = pinned
    ? `servers on core ${SERVER_CORE}, load generator, upstream and Redis on core ${LOAD_CORE}`
    : 'not pinned to cores: server and load generator disturb each other';
  const skipped = [...(redis ? [] : ['redis-server']), ...(nginx ? [] : ['nginx'])];
  const without = skipped.length > 0 ? ` Skipped, because not on PATH: ${skipped.join(', ')}.` : '';
  return `Node ${process.version}, ${cpus().length} CPUs (${model.trim()}); ${cores}.${without}`;
}

/** wrk answers its own `-v` with status 1: only a program that cannot be started, or a failing taskset, does not work. */
function works(program, ...args) {
  const { error, status } = spawnSync(program, args, { stdio: 'ignore' });
  return error === undefined && (program === 'wrk' || status === 0);
}
