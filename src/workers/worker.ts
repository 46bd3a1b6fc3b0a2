import { Socket, type Server } from 'node:net';
import type { Config } from '../config.js';
import { createGateway, type Gateway } from '../gateway.js';
import type { ConnectionSource } from '../http/connection-source.js';
import type { Health } from '../http/health.js';
import { createLog } from '../logger.js';
import type { ToPrimary, ToWorker } from './messages.js';
import { Questions } from './questions.js';

/** Longer than the primary process takes where another worker does not answer it. */
const ANSWER_WITHIN_MS = 1000;

interface Worker {
  readonly gateway: Gateway;
  /** Resolves when it shall stop; also when the primary process is gone, as then no connection comes any more. */
  readonly toldToStop: Promise<void>;
}

/** A whole gateway whose connections come from the primary process. */
export function createWorker(config: Config, number: number): Worker {
  let onStop: () => void = () => undefined;
  const toldToStop = new Promise<void>((resolve) => {
    onStop = resolve;
  });
  const questions = new Questions();
  const connections = new HandedOver(() => gateway.health());
  const gateway = createGateway(config, {
    log: createLog(config.LOG_LEVEL, process.stdout, { worker: number }),
    connections,
    health: async () => (await questions.ask(tell, ANSWER_WITHIN_MS)) ?? gateway.health(),
  });
  const received = (message: ToWorker, handle: unknown) => {
    switch (message.type) {
      case 'connection':
        tell({ type: 'taken' });
        // Missing where the client left before.
        if (handle instanceof Socket) connections.take(handle);
        break;
      case 'stop':
        onStop();
        break;
      case 'shut':
        connections.end();
        break;
      case 'question':
        tell({ type: 'answer', id: message.id, health: gateway.health() });
        break;
      case 'answer':
        questions.answered(message);
    }
  };
  process.on('message', (message, handle) => {
    received(message as ToWorker, handle);
  });
  process.once('disconnect', () => {
    connections.end();
    onStop();
  });
  return { gateway, toldToStop };
}

/** Connections that the primary process has accepted. */
class HandedOver implements ConnectionSource {
  #server: Server | undefined;
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;

  constructor(private readonly health: () => Health) {
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  open(server: Server): Promise<number> {
    this.#server = server;
    // With this event `node:http` begins to watch over idle and slow connections.
    server.emit('listening');
    tell({ type: 'ready', health: this.health() });
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
