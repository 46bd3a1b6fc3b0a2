import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** The status line and the header lines. */
  readonly head: string;
  readonly body: string;
}

/** A connection that sends just what it is told, and keeps its own side open like a client that means no good. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #received: Buffer[] = [];
  /** Resolves when the server has closed or reset the connection. */
  readonly closed: Promise<void>;
  readonly #lost: Promise<void>;

  private constructor(socket: Socket, reads: boolean) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    if (reads) socket.on('data', (bytes) => this.#received.push(bytes));
    this.#lost = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
      });
    });
    // Also a server that only ends its side has had enough.
    this.closed = new Promise((resolve) => {
      socket.once('end', resolve).once('close', () => {
        resolve();
      });
    });
  }

  /** Unless it `reads`, what the server sends stays where it is. */
  static async open(url: string, { reads = true } = {}): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawConnection(socket, reads);
  }

  /** One character a byte. */
  send(text: string): void {
    if (!this.#socket.destroyed) this.#socket.write(text, 'latin1');
  }

  get received(): string {
    return Buffer.concat(this.#received).toString('latin1');
  }

  get answers(): readonly RawAnswer[] {
    return answersIn(this.received);
  }

  /** Sends this every few milliseconds, and resolves when the server has given the connection up altogether. */
  async drip(text: string): Promise<void> {
    const timer = setInterval(() => {
      this.send(text);
    }, 20);
    await this.#lost;
    clearInterval(timer);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A request that is answered without a key, and after which the server closes: whatever was before it is done then. */
export const LAST = 'GET /healthz HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n';

/** Sends it all at once, waits until the server has closed, and returns its answers. */
export async function exchange(url: string, text: string): Promise<readonly RawAnswer[]> {
  return answersIn(await rawExchange(url, text));
}

/** The same, with every byte that came, one character each. */
export async function rawExchange(url: string, text: string): Promise<string> {
  const connection = await RawConnection.open(url);
  connection.send(text);
  await connection.closed;
  connection.destroy();
  return connection.received;
}

/** Answers one after another, each with a `Content-Length`, in chunks, or without a body. Throws for anything else. */
export function answersIn(text: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    const head = rest.slice(0, end);
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
    if (end === -1 || status === undefined) throw new Error(`This is no answer: ${JSON.stringify(rest)}`);
    const { body, after } = bodyOf(head, rest.slice(end + 4));
    answers.push({ status: Number(status), head, body });
    rest = after;
  }
  return answers;
}

function bodyOf(head: string, rest: string): { body: string; after: string } {
  if (/^transfer-encoding: chunked$/im.test(head)) return chunksOf(rest);
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  return { body: rest.slice(0, length), after: rest.slice(length) };
}

function chunksOf(text: string): { body: string; after: string } {
  let body = '';
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (end === -1 || Number.isNaN(size)) throw new Error(`This is no chunk: ${JSON.stringify(rest)}`);
    body += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 2 + size + 2);
    if (size === 0) return { body, after: rest };
  }
}
