import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach } from '@jest/globals';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.js';
import { LOGIN, PASSWORD } from './gateway.js';
import { until } from './until.js';

export type Environment = Readonly<Record<string, string>>;

interface ProgramOptions {
  /** All of it: nothing is inherited. */
  readonly environment?: Environment;
  readonly cwd?: string;
  readonly args?: readonly string[];
  /** A file descriptor to write to instead of being collected. */
  readonly stdout?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const programs: Program[] = [];
const simulators: Simulator[] = [];

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()));
  await Promise.all(simulators.splice(0).map((simulator) => simulator.stop()));
});

/** A compiled entry, such as `main.js`, in a process of its own that lives until the test is over. */
export class Program {
  readonly pid: number;
  /** Resolves when the process has ended and its output is complete. */
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #ended = false;

  constructor(entry: string, { environment = {}, cwd, args = [], stdout }: ProgramOptions = {}) {
    const path = join(import.meta.dirname, '../../dist', entry);
    this.#child = spawn(process.execPath, [path, ...args], {
      env: environment,
      cwd,
      stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
    });
    if (this.#child.pid === undefined) throw new Error(`${entry} could not be started`);
    this.pid = this.#child.pid;
    collect(this.#child.stdout, this.#stdout);
    collect(this.#child.stderr, this.#stderr);
    this.exit = once(this.#child, 'close').then(() => {
      this.#ended = true;
      return { code: this.#child.exitCode, signal: this.#child.signalCode };
    });
    programs.push(this);
  }

  get stdout(): string {
    return Buffer.concat(this.#stdout).toString();
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  /** The complete lines of stdout so far that are JSON objects. */
  get logLines(): Readonly<Record<string, unknown>>[] {
    const lines = this.stdout.split('\n').slice(0, -1);
    return lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits until stdout holds the pattern, and resolves with its first group. Rejects when the program ends without it. */
  async output(pattern: RegExp): Promise<string> {
    await until(() => {
      if (pattern.test(this.stdout)) return true;
      if (this.#ended) throw new Error(`It ended without ${pattern.source}: ${this.stderr}`);
      return false;
    });
    return pattern.exec(this.stdout)?.[1] ?? '';
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Nobody will ever read it again. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  async kill(): Promise<void> {
    const children = this.#ended ? [] : this.children;
    this.#child.kill('SIGKILL');
    for (const pid of children) process.kill(pid, 'SIGKILL');
    await this.exit;
  }

  /** The processes that it has started and that are not gone, by id (Linux). */
  get children(): number[] {
    try {
      const ids = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8');
      return ids.split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  }

  /** Resident memory in MiB (Linux). */
  residentMiB(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }
}

function collect(stream: Readable | null, into: Buffer[]): void {
  stream?.on('data', (chunk: Buffer) => into.push(chunk));
}

/** `dist/main.js`, listening before a simulated CallFire in the test's own process. */
export interface Serving {
  readonly program: Program;
  readonly simulator: Simulator;
  readonly port: number;
  readonly url: string;
}

interface ServingOptions extends Omit<ProgramOptions, 'args' | 'stdout'> {
  readonly simulator?: SimulatorOptions;
}

export async function serve({ environment, simulator: options, cwd }: ServingOptions = {}): Promise<Serving> {
  const simulator = await startSimulator(options);
  const program = new Program('main.js', {
    environment: { ...environmentFor(simulator), ...environment },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const port = Number(await program.output(/"port":(\d+).*"msg":"listening"/));
  return { program, simulator, port, url: `http://127.0.0.1:${port}` };
}

/** A simulator that listens until the test is over. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = createSimulator({ login: LOGIN, password: PASSWORD, ...options });
  simulators.push(simulator);
  await simulator.start();
  return simulator;
}

/** The least that the gateway needs in front of that simulator. */
export function environmentFor({ baseUrl }: Simulator): Environment {
  const credentials = { CALLFIRE_LOGIN: LOGIN, CALLFIRE_PASSWORD: PASSWORD };
  return { PORT: '0', OPS_PORT: 'off', ...credentials, CALLFIRE_BASE_URL: baseUrl };
}
