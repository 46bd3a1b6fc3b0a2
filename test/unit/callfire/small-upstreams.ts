import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import {
  createServer as createSocketServer,
  type AddressInfo,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { AccountCredentials } from '../../../src/callfire/account-credentials.js';
import { CallFireClient, type CallFireClientOptions } from '../../../src/callfire/callfire-client.js';
import { createFailureReport } from '../../../src/callfire/failure-report.js';
import { GatewayError } from '../../../src/errors.js';
import { DOCUMENT_WORKER } from '../../support/document-worker.js';

export const ID = '224205636001';
export const LOGIN = 'f27a1-login';
export const PASSWORD = 's3cr&t/Pässwörd';

/** A call document that is all a call needs to be one. */
export function callDocument(id: string = ID): string {
  return (
    '<r:Resource xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource">' +
    `<Call id="${id}"><State>FINISHED</State></Call></r:Resource>`
  );
}

export function exceptionDocument(message: string): string {
  return (
    '<r:ResourceException xmlns:r="http://api.callfire.com/resource">' +
    `<r:HttpStatus>400</r:HttpStatus><r:Message>${message}</r:Message></r:ResourceException>`
  );
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** Servers and clients of one test file, all closed by `close`. */
export class UpstreamBench {
  readonly log: LogLine[] = [];
  readonly #closers: (() => Promise<unknown>)[] = [];

  /** An HTTP server that answers with `listener`; `requests` grows with each request. */
  async http(listener: RequestListener): Promise<{ url: URL; requests: IncomingMessage[] }> {
    const requests: IncomingMessage[] = [];
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      requests.push(request);
      listener(request, response);
    });
    const port = await listen(server);
    this.#closers.push(() =>
      closed(server, () => {
        server.closeAllConnections();
      }),
    );
    return { url: new URL(`http://127.0.0.1:${port}/api/1.1/rest`), requests };
  }

  /** A server below HTTP, for what no HTTP server does. */
  async tcp(onSocket: (socket: Socket) => void): Promise<{ port: number; sockets: Socket[] }> {
    const sockets: Socket[] = [];
    const server = createSocketServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      onSocket(socket);
    });
    const port = await listen(server);
    this.#closers.push(() =>
      closed(server, () => {
        for (const socket of sockets) socket.destroy();
      }),
    );
    return { port, sockets };
  }

  client(baseUrl: URL, options: Partial<CallFireClientOptions> = {}): CallFireClient {
    const write = (level: LogLine['level']) => (fields: object, message: string) => {
      this.log.push({ level, text: `${message} ${JSON.stringify(fields)}` });
    };
    const log = { info: write('info'), warn: write('warn'), error: write('error') };
    const client = new CallFireClient({
      baseUrl,
      credentials: new AccountCredentials({ current: { login: LOGIN, password: PASSWORD }, log }),
      report: createFailureReport(log, options.now),
      timeoutMs: 5000,
      maxBytes: 100_000,
      maxConcurrency: 4,
      documentWorker: DOCUMENT_WORKER,
      log,
      random: () => 0,
      ...options,
    });
    this.#closers.push(() => client.close());
    return client;
  }

  async close(): Promise<void> {
    this.log.length = 0;
    await Promise.all(this.#closers.splice(0).map((close) => close()));
  }
}

/** The GatewayError that the promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<GatewayError> {
  const outcome: unknown = await promise.then(
    () => new Error('resolved, though it should have been rejected'),
    (error: unknown) => error,
  );
  if (outcome instanceof GatewayError) return outcome;
  throw outcome;
}

async function listen(server: Server | NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function closed(server: Server | NetServer, cut: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    cut();
  });
}
