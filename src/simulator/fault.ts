import { validateHeaderName, validateHeaderValue } from 'node:http';
import { flag, integer, mapOf, object, oneOf, text, type Check } from './checks.js';

/** What goes wrong with an answer; any combination. */
export interface Fault {
  /** Before anything else happens. */
  readonly delayMs?: number;
  /** Until the faults are cleared nothing happens; then all else goes as it would have. */
  readonly held?: boolean;
  /** Answer this instead. `body` is empty where not given, `status` 200 (500 with `exception`). */
  readonly status?: number;
  readonly body?: string | Buffer;
  /** Answer a ResourceException document with this Message instead. */
  readonly exception?: string;
  /** Added to the answer, whichever it is; they win over the simulator's own. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  /** The body's last end tag (of JSON, its last byte) is broken. */
  readonly malformed?: boolean;
  /** The body is followed by blanks without end. */
  readonly endless?: boolean;
  /** Compress the body; `deflate` with the zlib header that RFC 9110 asks for, `deflate-raw` without. */
  readonly encoding?: 'gzip' | 'deflate' | 'deflate-raw';
  /** Send no Content-Length. */
  readonly chunked?: boolean;
  readonly dripBytesPerSecond?: number;
  /** Close the connection after the headers and so many bytes of the body. */
  readonly cutAfterBytes?: number;
  /** Reset the connection (TCP RST) instead of answering. */
  readonly reset?: boolean;
  /** Send no headers, or the headers and half of the body, then nothing more; the connection stays open. */
  readonly stall?: 'headers' | 'body';
  /** Only for so many requests; until cleared where not given. */
  readonly times?: number;
}

/** @throws TypeError with one line that names what is wrong. */
export function assertFault(value: unknown): asserts value is Fault {
  const complaint = FAULT(value, 'fault');
  if (complaint !== undefined) throw new TypeError(complaint);
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

const headerName: Check = (name, at) =>
  refusal(() => {
    validateHeaderName(String(name));
  }, at);
const headerValue: Check = (value, at) =>
  text(value, at) ??
  refusal(() => {
    validateHeaderValue('name', String(value));
  }, at);

const FAULT = object<Fault>({
  delayMs: integer(0, LONGEST_TIMER_MS),
  held: flag,
  status: integer(200, 599),
  body: (value, at) => (Buffer.isBuffer(value) ? undefined : text(value, at)),
  exception: text,
  headers: mapOf(headerName, headerValue),
  contentType: headerValue,
  malformed: flag,
  endless: flag,
  encoding: oneOf('gzip', 'deflate', 'deflate-raw'),
  chunked: flag,
  dripBytesPerSecond: integer(1),
  cutAfterBytes: integer(0),
  reset: flag,
  stall: oneOf('headers', 'body'),
  times: integer(1),
});

function refusal(validate: () => void, at: string): string | undefined {
  try {
    validate();
    return undefined;
  } catch {
    return `${at} cannot be sent in an HTTP header`;
  }
}
