import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** Counts, from now on, the requests that reach the servers at these URLs, which must be of this process. */
export function arrivalsAt(...urls: readonly string[]): () => number {
  const ports = new Set(urls.map((url) => Number(new URL(url).port)));
  let count = 0;
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { readonly request: IncomingMessage };
    if (ports.has(request.socket.localPort ?? 0)) count += 1;
  });
  return () => count;
}
