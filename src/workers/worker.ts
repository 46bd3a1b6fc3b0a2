import { Socket, type Server } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config.js';
import type { ConfigReader } from '../config-reader.js';
import { createGateway, type Gateway } from '../gateway.js';
import type { ConnectionSource } from '../http/connection-source.js';
import type { Health } from '../http/health.js';
import { createLog } from '../logger.js';
import type { OpenTracing } from '../tracing/tracing.js';
import { answerTo } from './answer.js';
import type { Borrowed } from './borrow-config.js';
import type { ToPrimary, ToWorker } from './messages.js';

/** How often a worker looks whether it has something new to say of itself. */
const LOOK_EVERY_MS = 250;

interface Worker {
  readonly gateway: Gateway;
  /** Resolves when it shall stop; also when the primary process is gone, as then no connection comes any more. */
  readonly toldToStop: Promise<void>;
}

interface WorkerOptions {
  readonly number: number;
  /** Has read the configuration, and reads it again. */
  readonly reader: ConfigReader;
  /** Where the files are broken and the configuration is of what they held before. */
  readonly borrowed: Pick<Borrowed, 'problems' | 'unheard'> | undefined;
  readonly tracing: OpenTracing | undefined;
}

/** A whole gateway whose connections come from the primary process. */
export function createWorker(config: Config, options: WorkerOptions): Worker {
  const { number, reader, borrowed, tracing } = options;
  let onStop: () => void = () => undefined;
  const toldToStop = new Promise<void>((resolve) => {
    onStop = resolve;
  });
  let own: Health | undefined;
  let all: Health | undefined;
  const tellHealth = () => {
    const health = gateway.health();
    if (isDeepStrictEqual(health, own)) return;
    own = health;
    tell({ type: 'health', health });
  };
  const connections = new HandedOver(() => {
    tellHealth();
    setInterval(tellHealth, LOOK_EVERY_MS).unref();
    tell({ type: 'ready' });
  });
  const tellFiles = () => {
    tell({ type: 'files', contents: reader.contents });
  };
  const log = createLog(config.LOG_LEVEL, process.stdout, { worker: number });
  const gateway = createGateway(config, {
    log,
    connections,
    readConfig: () => {
      const changed = reader.read();
      tellFiles();
      return changed;
    },
    tracing,
    health: () => {
      const health = gateway.health();
      return { ...(all ?? health), stopping: health.stopping || all?.stopping === true };
    },
  });
  const received = (message: ToWorker, handle: unknown) => {
    switch (message.type) {
      case 'connection':
        tell({ type: 'taken' });
        // Missing where the client left before.
        if (handle instanceof Socket) connections.take(handle);
        break;
      case 'health':
        all = message.health;
        break;
      case 'ask':
        void answerTo(message.question, gateway.operations).then((answer) => {
          tell({ type: 'answer', number: message.number, answer });
        });
        break;
      case 'reload':
        gateway.reload();
        break;
      case 'stop':
        onStop();
        break;
      case 'shut':
        connections.end();
        break;
      case 'lent':
        // Only who has borrowed waits for it.
        break;
    }
  };
  process.on('message', (message, handle) => {
    received(message as ToWorker, handle);
  });
  if (borrowed === undefined) tellFiles();
  else log.events.error({ audit: 'reload', cause: 'start', problems: borrowed.problems }, BORROWED);
  for (const [message, handle] of borrowed?.unheard ?? []) received(message, handle);
  const leftAlone = () => {
    connections.end();
    onStop();
  };
  process.once('disconnect', leftAlone);
  // It may have gone before anybody listened.
  if (!process.connected) leftAlone();
  return { gateway, toldToStop };
}

const BORROWED =
  'What the files hold is broken; this worker starts with the consumers, accounts and secrets that were last in force';

/** Connections that the primary process has accepted. */
class HandedOver implements ConnectionSource {
  #server: Server | undefined;
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;

  constructor(private readonly onOpen: () => void) {
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  open(server: Server): Promise<number> {
    this.#server = server;
    // With this event `node:http` begins to watch over idle and slow connections.
    server.emit('listening');
    this.onOpen();
    return Promise.resolve(0);
  }

  take(socket: Socket): void {
    this.#server?.emit('connection', socket);
  }

  end(): void {
    this.#end();
  }

  /** The delay is the primary process's to wait for. */
  shut(): Promise<void> {
    return this.#ended;
  }
}

function tell(message: ToPrimary): void {
  // Without the primary process there is nobody to tell, and `disconnect` says so.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
