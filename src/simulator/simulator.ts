import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { API_PATH } from './api-request.js';
import { CallBook } from './call-book.js';
import type { CallDocument } from './call-fields.js';
import type { Controls } from './control.js';
import { CredentialBook, type Login } from './credentials.js';
import { FaultBook } from './fault-book.js';
import type { Fault } from './fault.js';
import { createListener } from './listener.js';
import { RequestLog, type RecordedRequest } from './request-log.js';

export type { CallDocument, CallFields } from './call-fields.js';
export type { Login } from './credentials.js';
export type { Fault } from './fault.js';
export type { RecordedRequest } from './request-log.js';

export interface SimulatorOptions {
  /** 127.0.0.1 where not given. */
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** What is accepted at first; `demo-login` and `demo-password` where not given. */
  readonly login?: string;
  readonly password?: string;
  /** The same seed gives the same calls that move on at the same times. */
  readonly seed?: number;
  /** Milliseconds since the epoch; what the moving calls go by. */
  readonly now?: () => number;
}

/**
 * A small CallFire on a port of its own. Over HTTP it can be controlled, from this machine only, below `/_control`:
 * `PUT /_control/faults/{id|*}` (a Fault as JSON), `DELETE /_control/faults`, `PUT /_control/calls/{id}` (XML, or
 * CallFields as JSON), `DELETE /_control/calls/{id}`, `PUT /_control/credentials` (a list of Logins as JSON), `GET /_control/requests`. Wrong input there is answered 400.
 *
 * Calls: 224205636001 is the one that CallFire published; 1001 to 1009 move READY → SELECTED → FINISHED from the
 * start on, 1001 after 5 and 10 seconds, with a recording and a note after 15; 2001 to 2999 are FINISHED and of all
 * kinds; 5000000000 to 5999999999 likewise, made up when asked for, so that any number of them costs no memory.
 */
export interface Simulator extends Controls {
  /** `http://127.0.0.1:PORT/api/1.1/rest`; valid once started. */
  readonly baseUrl: string;
  /** How often `GET /call/{id}` arrived, whatever was answered. */
  requestsFor(id: string): number;
  /** Rejects when the port cannot be had. After `stop` it listens on the same port again. */
  start(): Promise<void>;
  /** Closes all connections. */
  stop(): Promise<void>;
}

/** Longer than any client keeps an idle connection, so that none meets one just being closed. */
const KEEP_ALIVE_MS = 600_000;

export function createSimulator(options: SimulatorOptions = {}): Simulator {
  return new HttpSimulator(options);
}

class HttpSimulator implements Simulator {
  private readonly book: CallBook;
  private readonly credentials: CredentialBook;
  private readonly faults = new FaultBook();
  private readonly log = new RequestLog();
  private readonly server: Server;
  private readonly host: string;
  private port: number;
  private begun = false;

  constructor({ host, port, login, password, seed, now = Date.now }: SimulatorOptions) {
    this.host = host ?? '127.0.0.1';
    this.port = port ?? 0;
    this.book = new CallBook(seed ?? 1, now);
    this.credentials = new CredentialBook([
      { login: login ?? 'demo-login', password: password ?? 'demo-password' },
    ]);
    const { book, credentials, faults, log } = this;
    const listener = createListener({ book, credentials, faults, log, now, controls: this });
    this.server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener);
  }

  get baseUrl(): string {
    return `http://${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}${API_PATH}`;
  }

  get requests(): readonly RecordedRequest[] {
    return this.log.requests;
  }

  requestsFor(id: string): number {
    return this.log.countOf(id);
  }

  putCall(id: string, document: CallDocument): void {
    this.book.put(id, document);
  }

  removeCall(id: string): void {
    this.book.remove(id);
  }

  setCredentials(logins: readonly Login[]): void {
    this.credentials.set(logins);
  }

  setFault(target: string, fault: Fault): void {
    this.faults.set(target, fault);
  }

  clearFaults(): void {
    this.faults.clear();
  }

  async start(): Promise<void> {
    this.server.listen(this.port, this.host);
    await once(this.server, 'listening');
    const address = this.server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
    if (!this.begun) this.book.begin();
    this.begun = true;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
