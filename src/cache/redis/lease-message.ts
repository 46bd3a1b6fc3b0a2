import type { AwaitedLease, FetchOutcome } from '../../calls/call-leases.js';
import { OUTAGES } from '../../calls/outages.js';
import { GatewayError, type ErrorCode, type UpstreamReply } from '../../errors.js';
import { decodeEntry, encodeEntry } from './entry-codec.js';

const ERROR_MAGIC = 'callfire-error/1 ';
const CLAIM_AGAIN = Buffer.from('claim-again');
const UNTOLD = Buffer.from('untold');

/** Redis cuts off a listener for whom too much is waiting (`client-output-buffer-limit pubsub`). */
const LARGEST_BYTES = 1024 * 1024;

/** What JSON's objects may hold here, not checked yet. */
type Fields = Partial<
  Record<'key' | 'code' | 'detail' | 'upstream' | 'retryAfterSeconds' | 'status' | 'message', unknown>
>;

/** The failures that a fetch can come to. */
const FETCH_FAILURES: readonly ErrorCode[] = [
  ...OUTAGES,
  'call-not-found',
  'upstream-rejected',
  'upstream-credentials-rejected',
];

/**
 * What is sent to those who wait for a lease: an entry as Redis keeps it, or `callfire-error/1 ` and JSON; `untold` for
 * what is too large; without an outcome words that mean nothing, and so are none to the reader.
 */
export function encodeOutcome(key: string, outcome: FetchOutcome | undefined): Buffer {
  if (outcome === undefined) return CLAIM_AGAIN;
  if ('entry' in outcome && outcome.entry.body.length > LARGEST_BYTES) return UNTOLD;
  const bytes = 'entry' in outcome ? encodeEntry(key, outcome.entry) : encodeError(key, outcome.error);
  return bytes.length > LARGEST_BYTES ? UNTOLD : bytes;
}

/** What the outcome of an awaited lease may be. */
export type Told = Awaited<AwaitedLease['outcome']>;

/** The outcome in a message; undefined if it holds none that `encodeOutcome` made for this key. */
export function decodeOutcome(key: string, bytes: Buffer): Told {
  if (bytes.equals(UNTOLD)) return 'untold';
  const entry = decodeEntry(key, bytes);
  if (entry !== undefined) return { entry };
  const error = decodeError(key, bytes);
  return error && { error };
}

function encodeError(key: string, { code, message: detail, upstream, retryAfterSeconds }: GatewayError) {
  return Buffer.from(ERROR_MAGIC + JSON.stringify({ key, code, detail, upstream, retryAfterSeconds }));
}

function decodeError(key: string, bytes: Buffer): GatewayError | undefined {
  if (!bytes.subarray(0, ERROR_MAGIC.length).equals(Buffer.from(ERROR_MAGIC))) return undefined;
  const fields = parseJson(bytes.toString('utf8', ERROR_MAGIC.length));
  if (!isFields(fields) || fields.key !== key) return undefined;
  const { detail, upstream, retryAfterSeconds } = fields;
  const code = FETCH_FAILURES.find((known) => known === fields.code);
  if (code === undefined || typeof detail !== 'string') return undefined;
  if (upstream !== undefined && !isUpstreamReply(upstream)) return undefined;
  if (retryAfterSeconds !== undefined && !isCount(retryAfterSeconds)) return undefined;
  return new GatewayError(code, detail, { upstream, retryAfterSeconds });
}

function isUpstreamReply(value: unknown): value is UpstreamReply {
  if (!isFields(value)) return false;
  return isCount(value.status) && (value.message === null || typeof value.message === 'string');
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
