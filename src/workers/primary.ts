import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config.js';
import type { FileContents } from '../config-reader.js';
import type { Gateway } from '../gateway.js';
import { Port } from '../http/connection-source.js';
import type { Health } from '../http/health.js';
import { createLog } from '../logger.js';
import { OpsListener } from '../ops/ops-listener.js';
import { Crew } from './crew.js';
import { createCrewOperations } from './crew-operations.js';
import { Distributor } from './distributor.js';
import { oneHealth } from './one-health.js';

/** What a worker may take beyond the time for its answers: to close its connections and hand out its log. */
const SLACK_MS = 3000;
const LOOK_EVERY_MS = 5;

interface PrimaryOptions {
  /** The program that becomes a worker. */
  readonly entry: string;
  /** What the files held of which the configuration comes. */
  readonly contents: FileContents;
}

interface Primary extends Pick<Gateway, 'start' | 'stop'> {
  /** Has every worker read consumers, accounts and secrets again; each says what came of it. */
  reload(): void;
}

/**
 * A gateway of `WORKERS` processes: this one accepts connections and hands them over. Not with `node:cluster`, which
 * resets what it has accepted when the workers stop, and leaves a connection hanging that was on its way to a worker
 * that died.
 */
export function createPrimary(config: Config, { entry, contents }: PrimaryOptions): Primary {
  const log = createLog(config.LOG_LEVEL);
  const { events } = log;
  let told: Health | undefined;
  const healthNow = () => {
    const known = crew.workers.map(({ health }) => health).filter((health) => health !== undefined);
    const health = oneHealth(known, config.WORKERS);
    return { ...health, stopping: health.stopping || isStopping() };
  };
  const tellHealth = () => {
    const health = healthNow();
    if (isDeepStrictEqual(health, told)) return;
    told = health;
    crew.tell({ type: 'health', health });
  };
  const distributor = new Distributor(() => crew.workers);
  const crew = new Crew({
    size: config.WORKERS,
    entry,
    stdout: process.stdout,
    files: { contents },
    log: events,
    onFree: () => {
      distributor.distribute();
    },
    onHealth: tellHealth,
    onEnd: ({ untaken }) => {
      tellHealth();
      if (untaken !== undefined) distributor.accept(untaken);
    },
  });
  const port = new Port(config.HOST, config.PORT);
  const operations = createCrewOperations({ workers: () => crew.workers, health: healthNow });
  const { OPS_HOST, OPS_PORT } = config;
  const operators =
    OPS_PORT === 'off'
      ? undefined
      : new OpsListener({ host: OPS_HOST, port: OPS_PORT, operations, log: events });
  let open = false;

  const listen = async () => {
    await operators?.start();
    if (!isStopping()) await crew.start();
    if (isStopping()) return 0;
    // `noDelay` as `node:http` has it, which does not see these connections come in.
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      distributor.accept(socket);
    });
    try {
      const number = await port.open(server);
      open = true;
      events.info(
        { host: config.HOST, port: number, workers: config.WORKERS, open: config.open },
        'listening',
      );
      return number;
    } catch (error) {
      crew.dismiss();
      crew.kill();
      await crew.gone();
      throw error;
    }
  };

  const close = async () => {
    crew.dismiss();
    crew.tell({ type: 'stop' });
    await started?.catch(() => undefined);
    if (open) await port.shut(config.SHUTDOWN_DELAY_MS);
    const endsAt = performance.now() + config.SHUTDOWN_GRACE_MS + SLACK_MS;
    while (crew.workers.length > 0 && !distributor.done && performance.now() < endsAt)
      await setTimeout(LOOK_EVERY_MS);
    distributor.giveUp();
    crew.tell({ type: 'shut' });
    const leftMs = Math.max(0, endsAt - performance.now());
    await Promise.race([crew.gone(), setTimeout(leftMs, undefined, { ref: false })]);
    const killed = crew.workers.map(({ number }) => number);
    if (killed.length > 0) events.error({ workers: killed }, 'killed workers that did not stop in time');
    crew.kill();
    await crew.gone();
    await operators?.stop();
    events.info({}, 'stopped');
    await log.close();
  };
  let started: Promise<number> | undefined;
  let stopped: Promise<void> | undefined;
  const isStopping = () => stopped !== undefined;
  if (config.REDIS_URL === undefined)
    events.warn({ workers: config.WORKERS }, 'No Redis: each worker caches on its own, and they may differ');
  return {
    start: () => (started ??= listen()),
    stop: () => (stopped ??= close()),
    reload: () => {
      crew.tell({ type: 'reload' });
    },
  };
}
