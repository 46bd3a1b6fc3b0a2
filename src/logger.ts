import type { Writable } from 'node:stream';
import { pino, type DestinationStream, type Logger } from 'pino';

type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** The log: pino for events, and beside it a way in for lines that are already made. */
export interface Log {
  readonly events: Logger;
  /** Takes one finished JSON line with its newline. Never blocks, never throws. */
  readonly write: (line: string) => void;
  /** Whether lines of the level `info`, which request lines have, are wanted. */
  readonly infoEnabled: boolean;
  /** How many lines were dropped because nobody read them. */
  readonly dropped: () => number;
  /** Hands what is buffered to the system, but waits no longer than a second for a reader that has stopped. */
  close(): Promise<void>;
}

/** How many bytes may wait for a reader before further lines are dropped. */
export const BACKLOG_LENGTH = 8 * 1024 * 1024;
const BATCH_LENGTH = 32 * 1024;
const BATCH_MS = 100;
const CLOSE_WITHIN_MS = 1000;

/**
 * JSON lines to a stream (default: stdout), written off the request's path. When nobody reads them, `BACKLOG_LENGTH`
 * is kept and further lines are dropped: a stuck log collector must not stop the gateway. Events have `members`.
 *
 * Not with pino's own destination: it writes in a thread, and a thread that waits for a reader keeps the process from
 * exiting. Node's stdout, where it is a pipe or a socket, waits in the event loop.
 */
export function createLog(
  level: LogLevel,
  stream: Writable = process.stdout,
  members: object | null = null,
): Log {
  stream.on('error', () => undefined);
  let dropped = 0;
  const batch = new LineBatch({
    write: (lines) => {
      if (stream.writableLength < BACKLOG_LENGTH) stream.write(lines);
      else dropped += lines.split('\n').length - 1;
    },
  });
  const close = async () => {
    batch.flush();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_WITHIN_MS);
      stream.write('', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  };
  return {
    ...createLogTo(level, batch, members),
    write: (line) => {
      batch.add(line);
    },
    dropped: () => dropped,
    close,
  };
}

/** A log into a given stream, for tests and for programs that embed the gateway. */
export function createLogTo(level: LogLevel, stream: DestinationStream, members: object | null = null): Log {
  const events = pino({ level, base: members }, stream);
  const write = (line: string) => {
    stream.write(line);
  };
  return {
    ...{ events, write, dropped: () => 0 },
    infoEnabled: events.isLevelEnabled('info'),
    close: () => Promise.resolve(),
  };
}

/** Joins lines, because each write to the system costs as much as many of them. Lines leave in the order in which they came. */
class LineBatch implements DestinationStream {
  #lines = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly destination: DestinationStream) {}

  add(line: string): void {
    this.#lines += line;
    if (this.#lines.length >= BATCH_LENGTH) this.flush();
    else
      this.#timer ??= setTimeout(() => {
        this.flush();
      }, BATCH_MS);
  }

  /** For an event's line, which is passed on at once: it may be the last word of a process that fails. */
  write(line: string): void {
    this.#lines += line;
    this.flush();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines !== '') this.destination.write(this.#lines);
    this.#lines = '';
  }
}
