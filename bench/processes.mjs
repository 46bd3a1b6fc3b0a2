import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts, freePort } from './ports.mjs';

/** The server under test has a core of its own; whatever drives and feeds it has the other one. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;
export const ANY_CORE = undefined;

const GRACE_MS = 3_000;

/** Starts the programs of one run, knows each by its pid, and ends them all; owns the directory of their files. */
export class Processes {
  #children = new Set();
  #pinned;
  #stopped = false;

  constructor({ pinned }) {
    this.#pinned = pinned;
    this.directory = mkdtempSync(join(tmpdir(), 'callfire-gateway-bench-'));
  }

  /**
   * Starts a server and waits until it accepts connections. `describe(port)` gives its command line and environment.
   * Its output goes to a file, as a log collector would have it. Throws with the end of that file if it does not come up.
   * `core` ANY_CORE leaves the choice to the machine; `port` is for one that comes back.
   */
  async serve(name, core, describe, port) {
    port ??= await freePort();
    const { command, env = {} } = describe(port);
    const logFile = join(this.directory, `${name.replaceAll(/\W+/g, '-')}.log`);
    const log = openSync(logFile, 'a');
    const serverEnv = { ...env, HOST: '127.0.0.1', PORT: String(port) };
    const child = this.#spawn(core, command, serverEnv, ['ignore', log, log]);
    closeSync(log);
    if (!(await accepts(port, child))) {
      throw new Error(`${name} does not come up: ${readFileSync(logFile, 'utf8').slice(-2000)}`);
    }
    return { name, port, pid: child.pid, logFile };
  }

  /** Runs a program to its end and gives what it wrote to standard output. Throws if it fails. */
  async run(core, command) {
    const child = this.#spawn(core, command, {}, ['ignore', 'pipe', 'inherit']);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${output.slice(-2000)}`);
    return output;
  }

  /** Ends every process that is still running, by force after a grace period, and removes their files. */
  async stop() {
    this.#stopped = true;
    await Promise.all([...this.#children].map(end));
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The environment is made from nothing, so that an operator's own variables do not reach a candidate. */
  #spawn(core, command, env, stdio) {
    if (this.#stopped) throw new Error('interrupted');
    const pinned = this.#pinned && core !== ANY_CORE;
    const [program, ...args] = pinned ? ['taskset', '-c', String(core), ...command] : command;
    const child = spawn(program, args, {
      stdio,
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }
}

async function end(child) {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  // For one that was stopped.
  child.kill('SIGCONT');
  const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await gone;
  clearTimeout(force);
}
