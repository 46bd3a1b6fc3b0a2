import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between gateways and a real redis-server (RESP2), and hands everything on unless it is told otherwise. */
export interface RedisProxy {
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  /** What clients have opened and sent so far, handed on or not. */
  readonly sent: Readonly<Sent>;
  /** Answers commands itself with this error (`LOADING …`, without the dash): all of them, or those with these names. */
  refuse(error: string, names?: readonly string[]): void;
  /** Hands each reply on so much later. */
  delay(ms: number): void;
  /** Breaks off in the middle of every so-manieth reply that is a string or a list, and closes that connection. */
  cut(every: number): void;
  /** Hands nothing on, in either direction, but keeps it and the connections, as a network does that lost its way. */
  hold(): void;
  /** Hands everything on again, first what was held. */
  heal(): void;
  stop(): Promise<void>;
}

interface Sent {
  connections: number;
  commands: number;
  bytes: number;
}

interface Trouble {
  error: string | undefined;
  names: ReadonlySet<string> | undefined;
  delayMs: number;
  cutEvery: number;
  held: boolean;
}

const NONE: Trouble = { error: undefined, names: undefined, delayMs: 0, cutEvery: Infinity, held: false };

/** Starts it on a free port, before the redis-server on `serverPort`; where none listens, it hangs up on its clients. */
export async function startRedisProxy(serverPort: number): Promise<RedisProxy> {
  const trouble = { ...NONE };
  const sent = { connections: 0, commands: 0, bytes: 0 };
  const wires = new Set<Wire>();
  const server = createServer((client) => {
    sent.connections += 1;
    const wire = new Wire(client, connect(serverPort, '127.0.0.1'), trouble, sent);
    wires.add(wire);
    client.once('close', () => wires.delete(wire));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const set = (change: Partial<Trouble>): void => void Object.assign(trouble, NONE, change);
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    refuse: (error, names) => {
      set({ error, names: names && new Set(names.map((name) => name.toUpperCase())) });
    },
    delay: (delayMs) => {
      set({ delayMs });
    },
    cut: (cutEvery) => {
      set({ cutEvery });
    },
    hold: () => {
      set({ held: true });
    },
    heal() {
      set({});
      for (const wire of wires) wire.resume();
    },
    async stop() {
      server.close();
      for (const wire of wires) wire.close();
      await once(server, 'close');
    },
  };
}

/** A place in the order in which a client is owed replies. */
interface Reply {
  /** Undefined until the server has answered. */
  bytes?: Buffer;
  due?: boolean;
}

/** One client's connection and the one to the server that belongs to it. */
class Wire {
  readonly #owed: Reply[] = [];
  #held: Buffer[] = [];
  #replies = 0;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    private readonly trouble: Readonly<Trouble>,
    private readonly sent: Sent,
  ) {
    const readCommands = createSplitter((command) => {
      this.#take(command);
    });
    const readReplies = createSplitter((reply) => {
      this.#answer(reply);
    });
    client.on('data', (chunk: Buffer) => {
      sent.bytes += chunk.length;
      readCommands(chunk);
    });
    server.on('data', readReplies);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.close();
      });
    }
  }

  close(): void {
    this.client.destroy();
    this.server.destroy();
  }

  resume(): void {
    const held = this.#held;
    this.#held = [];
    for (const command of held) this.#forward(command);
    this.#flush();
  }

  #take(command: Buffer): void {
    this.sent.commands += 1;
    if (this.trouble.held) this.#held.push(command);
    else this.#forward(command);
  }

  #forward(command: Buffer): void {
    const { error, names } = this.trouble;
    if (error !== undefined && (names?.has(nameOf(command)) ?? true)) {
      this.#owed.push({ bytes: Buffer.from(`-${error}\r\n`), due: true });
      this.#flush();
    } else {
      this.#owed.push({});
      this.server.write(command);
    }
  }

  #answer(bytes: Buffer): void {
    // A published message answers no command, but keeps its place before replies that come after it.
    const next = this.#owed.findIndex((owed) => owed.bytes === undefined);
    const isMessage = /^\*\d\r\n\$\d\r\n[ps]?message/.test(bytes.toString('latin1', 0, 20));
    const reply = isMessage || next < 0 ? {} : (this.#owed[next] ?? {});
    if (isMessage || next < 0) this.#owed.splice(next < 0 ? this.#owed.length : next, 0, reply);
    reply.bytes = bytes;
    const due = () => {
      reply.due = true;
      this.#flush();
    };
    if (this.trouble.delayMs > 0) setTimeout(due, this.trouble.delayMs).unref();
    else due();
  }

  #flush(): void {
    while (!this.trouble.held && this.#owed[0]?.due === true) {
      const { bytes = Buffer.alloc(0) } = this.#owed.shift() ?? {};
      const isLong = bytes.length > 8 && (bytes[0] === STRING || bytes[0] === LIST);
      if (isLong) this.#replies += 1;
      if (!isLong || this.#replies % this.trouble.cutEvery !== 0) {
        this.client.write(bytes);
        continue;
      }
      this.#owed.length = 0;
      this.client.end(bytes.subarray(0, bytes.length >> 1));
      this.server.destroy();
    }
  }
}

const STRING = 0x24;
const LIST = 0x2a;

function nameOf(command: Buffer): string {
  return /^\*\d+\r\n\$\d+\r\n([^\r]+)/.exec(command.toString('latin1', 0, 64))?.[1]?.toUpperCase() ?? '';
}

/** Cuts a stream into whole RESP2 values. */
function createSplitter(take: (value: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let end = endOf(rest, 0); end > 0; end = endOf(rest, 0)) {
      const value = rest.subarray(0, end);
      rest = rest.subarray(end);
      take(value);
    }
  };
}

/** Where the RESP2 value ends that begins at `from`; -1 if it is not all there. */
function endOf(bytes: Buffer, from: number): number {
  const lineEnd = bytes.indexOf('\r\n', from);
  if (lineEnd < 0) return -1;
  let end = lineEnd + 2;
  const kind = bytes[from];
  if (kind !== STRING && kind !== LIST) return end;
  const count = Number(bytes.toString('latin1', from + 1, lineEnd));
  if (kind === STRING) end += count < 0 ? 0 : count + 2;
  else for (let i = 0; i < count && end >= 0; i += 1) end = endOf(bytes, end);
  return end <= bytes.length ? end : -1;
}
