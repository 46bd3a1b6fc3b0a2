import { types } from 'node:util';
import { GatewayError, type ErrorCode } from '../errors.js';
import type { Credentials } from './credentials.js';
import { decompress } from './connection/decompress.js';
import { readExceptionMessage } from './document/resource-exception.js';
import { retryAfterSeconds } from './connection/retry-after.js';
import {
  ERROR_BODY_BYTES,
  headerText,
  type Answer,
  type Failure,
  type Outcome,
} from './connection/upstream-request.js';

/** CallFire's messages are a sentence. In characters. */
const MAX_MESSAGE_LENGTH = 500;

/** What an outcome that brought no call means to the caller. Nothing in the error holds the credentials. */
export async function errorFor(outcome: Outcome, credentials: Credentials): Promise<GatewayError> {
  return outcome.kind === 'answer'
    ? errorForStatus(outcome, credentials)
    : errorForFailure(outcome, credentials);
}

/** An answer that is not, beyond doubt, the call that was asked for; `why` completes the sentence. */
export function invalidResponse(why: string, cause?: unknown): GatewayError {
  const detail = `CallFire's answer cannot be used: ${why}. Try again; if this stays, tell the gateway's operator.`;
  return new GatewayError('upstream-invalid-response', detail, { cause });
}

/** An error for the log with no more of another than its scrubbed text: undici's hold raw bytes and sockets. */
export function scrubbedCause(error: unknown, credentials: Credentials): Error | undefined {
  if (!types.isNativeError(error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  return new Error(credentials.scrub(`${error.name}${code}: ${error.message}`));
}

function errorForFailure({ kind, cause }: Failure, credentials: Credentials): GatewayError {
  const safeCause = scrubbedCause(cause, credentials);
  if (kind === 'cut') return invalidResponse('it broke off in the middle', safeCause);
  if (kind === 'too-long') return invalidResponse('it is longer than the gateway accepts', safeCause);
  if (kind === 'not-http') return invalidResponse('it is not HTTP', safeCause);
  const detail = 'No connection to CallFire could be made, or it broke before an answer. Try again later.';
  return new GatewayError('upstream-unreachable', detail, { cause: safeCause });
}

async function errorForStatus(answer: Answer, credentials: Credentials): Promise<GatewayError> {
  const { status, headers } = answer;
  if (status < 400) return invalidResponse(`it has status ${status}`);
  const upstream = { status, message: await messageOf(answer, credentials) };
  if (status === 429)
    return new GatewayError(...RATE_LIMITED, { upstream, retryAfterSeconds: waitOf(headers) ?? 1 });
  if (status === 503) return new GatewayError(...FAILED, { upstream, retryAfterSeconds: waitOf(headers) });
  if (status >= 500) return new GatewayError(...FAILED, { upstream });
  if (status === 404) return new GatewayError(...NOT_FOUND, { upstream });
  if (status === 401 || status === 403) return new GatewayError(...CREDENTIALS_REJECTED, { upstream });
  return new GatewayError(...REJECTED, { upstream });
}

type CodeAndDetail = readonly [code: ErrorCode, detail: string];

const NOT_FOUND: CodeAndDetail = ['call-not-found', 'CallFire has no call with this id. Check the id.'];
const REJECTED: CodeAndDetail = [
  'upstream-rejected',
  'CallFire refused the request. See what it said under `upstream` and do not repeat the request unchanged.',
];
const CREDENTIALS_REJECTED: CodeAndDetail = [
  'upstream-credentials-rejected',
  "CallFire does not accept the gateway's credentials. Tell the gateway's operator; trying again does not help.",
];
const RATE_LIMITED: CodeAndDetail = [
  'upstream-rate-limited',
  'CallFire is asked more often than it allows. Try again after the time in Retry-After.',
];
const FAILED: CodeAndDetail = ['upstream-error', 'CallFire failed to answer the request. Try again later.'];

function waitOf(headers: Answer['headers']): number | undefined {
  const seconds = retryAfterSeconds(headers);
  return seconds === undefined ? undefined : Math.max(seconds, 1);
}

async function messageOf({ headers, body }: Answer, credentials: Credentials): Promise<string | null> {
  const encoding = headerText(headers, 'content-encoding');
  const document = await decompress(body, encoding, ERROR_BODY_BYTES).catch(() => null);
  if (document === null) return null;
  const message = readExceptionMessage(scrubbed(document, credentials), headerText(headers, 'content-type'));
  // Scrubbed first: half a credential would not be recognized.
  return message === null
    ? null
    : Array.from(credentials.scrub(message)).slice(0, MAX_MESSAGE_LENGTH).join('');
}

/** Before the message is shortened, or half a secret might be left at its end. */
function scrubbed(document: Buffer, credentials: Credentials): Buffer {
  const text = document.toString('utf8');
  const clean = credentials.scrub(text);
  return clean === text ? document : Buffer.from(clean, 'utf8');
}
