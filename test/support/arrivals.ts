import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** By the port of the server. */
const arrived = new Map<number, number>();

subscribe('http.server.request.start', (message) => {
  const { request } = message as { readonly request: IncomingMessage };
  const { localPort = 0 } = request.socket;
  arrived.set(localPort, (arrived.get(localPort) ?? 0) + 1);
});

/** Counts, from now on, the requests that reach the servers at these URLs, which must be of this process. */
export function arrivalsAt(...urls: readonly string[]): () => number {
  const ports = [...new Set(urls.map((url) => Number(new URL(url).port)))];
  const count = () => ports.reduce((sum, port) => sum + (arrived.get(port) ?? 0), 0);
  const before = count();
  return () => count() - before;
}
