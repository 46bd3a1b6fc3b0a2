import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { ConnectionSource } from './connection-source.js';
import type { GatewayResponse } from './gateway-response.js';
import type { HttpServer } from './server.js';
import type { UnderWay } from './under-way.js';

interface StopOptions {
  /** How long connections are still accepted, so that a balancer sees that this gateway is about to stop. */
  readonly delayMs: number;
  /** How long answers under way may take after that. */
  readonly graceMs: number;
  /** How long a connection may be idle before it counts as one that nobody is about to use. */
  readonly idleMs: number;
}

const LOOK_EVERY_MS = 20;

/** A server that can be stopped without dropping a request. */
export class Listener {
  #open = false;
  #stopping = false;
  #saysGoodbye = false;

  constructor(
    private readonly server: HttpServer,
    private readonly underWay: UnderWay,
    private readonly connections: ConnectionSource,
  ) {
    server.on('connection', (socket: Socket) => {
      underWay.connected(socket);
    });
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** Resolves with the port once connections are accepted. Rejects where that is impossible (`EADDRINUSE`, …). */
  async start(): Promise<number> {
    const port = await this.connections.open(this.server);
    this.#open = true;
    return port;
  }

  /** Stops accepting, lets answers under way end, then closes what is left. To be called once. */
  async stop({ delayMs, graceMs, idleMs }: StopOptions): Promise<void> {
    if (!this.#open) return;
    this.#stopping = true;
    if (delayMs > 0) this.#sayGoodbye();
    await this.connections.shut(delayMs);
    // Without a delay not before: a client that is told earlier comes back on a new connection, which closing could meet.
    this.#sayGoodbye();
    const begun = performance.now();
    const elapsed = () => performance.now() - begun;
    while (this.underWay.sockets().length > 0 && elapsed() < graceMs) {
      if (elapsed() >= idleMs) this.#closeIdle();
      await setTimeout(LOOK_EVERY_MS);
    }
    this.server.closeAllConnections();
  }

  /** Tells clients to use another connection from now on: the one way to end a busy connection without a race. */
  #sayGoodbye(): void {
    if (this.#saysGoodbye) return;
    this.#saysGoodbye = true;
    this.underWay.answers().forEach(endConnection);
    this.server.prependListener('request', (_request, response) => {
      endConnection(response);
    });
  }

  #closeIdle(): void {
    this.server.closeIdleConnections();
    // Node does not count a connection as idle before its first request.
    for (const socket of this.underWay.sockets()) if (socket.bytesRead === 0) socket.destroy();
  }
}

function endConnection(response: GatewayResponse): void {
  response.shouldKeepAlive = false;
}
