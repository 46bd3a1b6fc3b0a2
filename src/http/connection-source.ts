import { once } from 'node:events';
import { Server, type AddressInfo } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';

/** Where a server's connections come from: a port, or another process that accepts them and hands them over. */
export interface ConnectionSource {
  /** Resolves with the port once connections come. Rejects where that is impossible (`EADDRINUSE`, …). */
  open(server: Server): Promise<number>;
  /** Lets connections come for `delayMs` more; resolves when none will come any more. To be called once, after `open`. */
  shut(delayMs: number): Promise<void>;
}

/** For how long at most closing waits for a moment in which no connection comes in. */
const LET_IN_MS = 200;

/** A port of this machine, closed without resetting a connection as far as the system allows. */
export class Port implements ConnectionSource {
  #server: Server | undefined;
  #accepted = 0;

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  async open(server: Server): Promise<number> {
    this.#server = server.on('connection', () => {
      this.#accepted += 1;
    });
    server.listen(this.port, this.host);
    await once(server, 'listening');
    const address = server.address() as AddressInfo;
    return address.port;
  }

  async shut(delayMs: number): Promise<void> {
    if (this.#server === undefined) return;
    if (delayMs > 0) await setTimeout(delayMs);
    shortenQueue(this.#server);
    await this.#letIn();
    // Not `http.Server.close`: that ends idle connections at once, on which a request may be on its way.
    Server.prototype.close.call(this.#server);
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
}

/**
 * Has the system accept hardly any connection ahead of Node: further ones get no answer until they are refused, which
 * costs a client a second and no request. No public API reaches listen(2) a second time; without it, closing resets a
 * few connections more.
 */
function shortenQueue(server: Server): void {
  const handle: unknown = Reflect.get(server, '_handle');
  if (typeof handle !== 'object' || handle === null || !('listen' in handle)) return;
  if (typeof handle.listen === 'function') Reflect.apply(handle.listen, handle, [0]);
}
