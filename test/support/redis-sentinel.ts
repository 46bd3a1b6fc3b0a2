import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { command } from './redis-cluster.js';
import { startRedisServer, type RedisServer } from './redis-server.js';
import { until } from './until.js';

/** A master with a replica, and three Sentinels that watch them, on free ports of 127.0.0.1. */
export interface TestSentinels {
  /** As for `REDIS_URL`. */
  readonly url: string;
  /** Those that began as master and replica. */
  readonly master: RedisServer;
  readonly replica: RedisServer;
  /** Has the Sentinels make the other server the master. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

const NAME = 'calls';

/** Resolves when the Sentinels know each other and the replica, which has its master's keys. */
export async function startRedisSentinels(): Promise<TestSentinels> {
  const master = await startRedisServer(['--repl-diskless-sync-delay', '0']);
  const replica = await startRedisServer([
    ...['--repl-diskless-sync-delay', '0'],
    ...['--replicaof', '127.0.0.1', `${master.port}`],
  ]);
  await until(async () => (await command(replica, 'INFO', 'replication')).includes('master_link_status:up'));
  const dir = await mkdtemp(join(tmpdir(), 'callfire-sentinel-'));
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(dir, master)));
  const knowing = async (sentinel: Sentinel) => {
    const state = await command(sentinel, 'SENTINEL', 'MASTER', NAME);
    return state.includes(',num-slaves,1,') && state.includes(',num-other-sentinels,2,');
  };
  await until(async () => (await Promise.all(sentinels.map(knowing))).every(Boolean), 15_000);
  const [first] = sentinels;
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    master,
    replica,
    async failOver() {
      await command(first, 'SENTINEL', 'FAILOVER', NAME);
    },
    async stop() {
      await Promise.all([...sentinels, master, replica].map((server) => server.stop()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

interface Sentinel {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** The shell ends the Sentinel when its own input ends, so none is left over however this process ends. */
const KEEPER = 'redis-server "$1" --sentinel >/dev/null & read -r _; kill -KILL $!; wait';

/** A Sentinel is a redis-server with a configuration file that it may write. */
async function startSentinel(dir: string, master: RedisServer): Promise<Sentinel> {
  const port = await freePort();
  const path = join(dir, `${port}.conf`);
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${master.port} 2`,
    `sentinel down-after-milliseconds ${NAME} 400`,
    `sentinel failover-timeout ${NAME} 1000`,
  ];
  await writeFile(path, `${lines.join('\n')}\n`);
  const shell = spawn('sh', ['-c', KEEPER, 'sh', path], { stdio: ['pipe', 'ignore', 'ignore'] });
  const sentinel = { url: `redis://127.0.0.1:${port}`, port };
  await until(() =>
    command(sentinel, 'PING').then(
      (reply) => reply === 'PONG',
      () => false,
    ),
  );
  return {
    ...sentinel,
    async stop() {
      const ended = once(shell, 'exit');
      shell.stdin.end();
      await ended;
    },
  };
}
