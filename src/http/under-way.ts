import type { Socket } from 'node:net';
import type { GatewayResponse } from './gateway-response.js';

/** The open connections, with the answers under way on each. */
export class UnderWay {
  readonly #connections = new Map<Socket, Set<GatewayResponse>>();

  connected(socket: Socket): void {
    this.#connections.set(socket, new Set());
    socket.once('close', () => this.#connections.delete(socket));
  }

  /** To be told of each answer that is not given at once; what is not ended is forgotten with its connection. */
  begin(socket: Socket, response: GatewayResponse): void {
    this.#connections.get(socket)?.add(response);
  }

  end(socket: Socket, response: GatewayResponse): void {
    this.#connections.get(socket)?.delete(response);
  }

  answers(): readonly GatewayResponse[] {
    return [...this.#connections.values()].flatMap((answers) => [...answers]);
  }

  sockets(): readonly Socket[] {
    return [...this.#connections.keys()];
  }
}
