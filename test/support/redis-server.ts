import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.js';

export interface RedisServer {
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  /** Of the running server; another one after `restart`. */
  readonly pid: number;
  /** The server stops running but keeps its connections (SIGSTOP), until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL; nothing listens on the port until `restart`. Resolves when the server is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 10_000;

/** Starts a redis-server of its own on a free port of 127.0.0.1, without persistence. Resolves when it answers PING. */
export async function startRedisServer(extraArgs: string[] = []): Promise<RedisServer> {
  const dir = await mkdtemp(join(tmpdir(), 'callfire-redis-'));
  const port = await freePort();
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    'no',
    ...extraArgs,
  ];
  let running = await launch(args, port);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return running.pid;
    },
    freeze: () => void process.kill(running.pid, 'SIGSTOP'),
    thaw: () => void process.kill(running.pid, 'SIGCONT'),
    kill: () => end(running.shell),
    async restart() {
      await end(running.shell);
      running = await launch(args, port);
    },
    async stop() {
      await end(running.shell);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The shell ends the server when its own input ends, so none is left over however this process ends. */
const KEEPER = 'redis-server "$@" >/dev/null & echo $!; read -r _; kill -KILL $!; wait';

async function launch(args: string[], port: number): Promise<{ shell: ChildProcess; pid: number }> {
  const shell = spawn('sh', ['-c', KEEPER, 'sh', ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  const pid = Number(await firstLine(shell.stdout));
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answersPing(port))) {
    if (Date.now() > deadline) {
      await end(shell);
      throw new Error(`redis-server did not answer on port ${port} within ${READY_WITHIN_MS} ms`);
    }
    await pause(10);
  }
  return { shell, pid };
}

function firstLine(stream: Readable): Promise<string> {
  return new Promise((resolve) => createInterface({ input: stream }).once('line', resolve));
}

async function end(shell: ChildProcess): Promise<void> {
  if (shell.exitCode !== null) return;
  const ended = once(shell, 'exit');
  shell.stdin?.end();
  await ended;
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const settle = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    // A server that wants a password is as ready as one that says PONG.
    socket.on('data', (reply) => {
      settle(/^(\+PONG|-NOAUTH)/.test(reply.toString('latin1')));
    });
    socket.on('error', () => {
      settle(false);
    });
    socket.on('close', () => {
      settle(false);
    });
  });
}
