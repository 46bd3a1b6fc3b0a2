import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { get } from './gateway.js';

const POLL_EVERY_MS = 100;
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** A load balancer that watches `/readyz`, keeps its connections and retries nothing. */
export interface Balancer {
  readonly url: string;
  /** Whether it sends requests to the gateway on that port. */
  sendsTo(port: number): boolean;
  stop(): Promise<void>;
}

/** A balancer in front of the gateways on these ports of 127.0.0.1, once it has asked each of them. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const ready = new Set<number>();
  const agent = new Agent({ keepAlive: true });
  let turn = 0;
  let stopped = false;

  const look = async (port: number) => {
    const status = await get(`http://127.0.0.1:${port}/readyz`).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) ready.add(port);
    else ready.delete(port);
  };
  const watch = async (port: number) => {
    while (!stopped) {
      await pause(POLL_EVERY_MS);
      await look(port);
    }
  };
  const pass = ({ method, url: path }: IncomingMessage, response: ServerResponse) => {
    const candidates = [...ready];
    const port = candidates[turn++ % candidates.length];
    if (port === undefined) {
      response.writeHead(503).end('no gateway is ready');
      return;
    }
    const onward = request({ host: '127.0.0.1', port, method, path, agent }, (answer) => {
      // What the gateway says about its connection is for this side of it alone.
      const headers = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name));
      response.writeHead(answer.statusCode ?? 0, Object.fromEntries(headers));
      pipeline(answer, response, () => undefined);
    });
    onward.on('error', (error) => {
      ready.delete(port);
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end(`gateway ${port}: ${error.message}`);
    });
    onward.end();
  };

  await Promise.all(ports.map(look));
  const watching = Promise.all(ports.map(watch));
  const server = createServer(pass).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sendsTo: (port) => ready.has(port),
    async stop() {
      stopped = true;
      await watching;
      agent.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}
