import { once } from 'node:events';
import { Server as TcpServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { GatewayResponse } from './gateway-response.js';
import type { HttpServer } from './server.js';
import type { UnderWay } from './under-way.js';

interface StopOptions {
  /** How long answers under way may take. */
  readonly graceMs: number;
  /** How long a connection may be idle before it counts as one that nobody is about to use. */
  readonly idleMs: number;
}

/** For how long at most stopping waits for a moment in which no connection comes in. */
const LET_IN_MS = 200;

/** A server that can be stopped without dropping a request. */
export class Listener {
  #accepted = 0;
  #stopping = false;

  constructor(
    private readonly server: HttpServer,
    private readonly underWay: UnderWay,
  ) {
    server.on('connection', (socket: Socket) => {
      this.#accepted += 1;
      underWay.connected(socket);
    });
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** Resolves with the port once connections are accepted. Rejects where that is impossible (`EADDRINUSE`, …). */
  async start(host: string, port: number): Promise<number> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
    const address = this.server.address() as AddressInfo;
    return address.port;
  }

  /** Stops accepting, lets answers under way end, then closes what is left. To be called once. */
  async stop({ graceMs, idleMs }: StopOptions): Promise<void> {
    if (this.#stopping || !this.server.listening) return;
    this.#stopping = true;
    const closed = once(this.server, 'close');
    shortenQueue(this.server);
    await this.#letIn();
    // Not `http.Server.close`: that ends idle connections at once, on which a request may be on its way.
    TcpServer.prototype.close.call(this.server);
    // Not before: a client that is told earlier comes back on a new connection, which closing could meet.
    this.underWay.answers().forEach(sayGoodbye);
    this.server.prependListener('request', (_request, response) => {
      sayGoodbye(response);
    });
    const deadline = setTimeout(graceMs, 'late', { ref: false });
    await Promise.race([closed, setTimeout(Math.min(idleMs, graceMs), undefined)]);
    while ((await Promise.race([closed, deadline, setTimeout(20, 'wait')])) === 'wait') this.#closeIdle();
    this.server.closeAllConnections();
  }

  /** Closing resets connections that the system has accepted and Node has not yet: waits for a moment without any. */
  async #letIn(): Promise<void> {
    const end = performance.now() + LET_IN_MS;
    let accepted: number;
    do {
      accepted = this.#accepted;
      // The first ends this turn of the event loop, the second the next one, with its look for connections.
      await setImmediate();
      await setImmediate();
    } while (this.#accepted !== accepted && performance.now() < end);
  }

  #closeIdle(): void {
    this.server.closeIdleConnections();
    // Node does not count a connection as idle before its first request.
    for (const socket of this.underWay.sockets()) if (socket.bytesRead === 0) socket.destroy();
  }
}

/** Tells the client to use another connection from now on: the one way to end a busy connection without a race. */
function sayGoodbye(response: GatewayResponse): void {
  response.shouldKeepAlive = false;
}

/**
 * Has the system accept hardly any connection ahead of Node: further ones get no answer until they are refused, which
 * costs a client a second and no request. No public API reaches listen(2) a second time; without it, closing resets a
 * few connections more.
 */
function shortenQueue(server: HttpServer): void {
  const handle: unknown = Reflect.get(server, '_handle');
  if (typeof handle !== 'object' || handle === null || !('listen' in handle)) return;
  if (typeof handle.listen === 'function') Reflect.apply(handle.listen, handle, [0]);
}
