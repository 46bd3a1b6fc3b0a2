import { types } from 'node:util';
import type { CallAnswer } from '../../calls/call-answer.js';
import { GatewayError, type ErrorCode } from '../../errors.js';
import { invalidDocument } from '../xml/invalid-document.js';

/** What a thread says of a document, as plain data: a GatewayError would arrive as a mere Error. */
export type ThreadReply = { readonly answer: CallAnswer } | { readonly refusal: Refusal };

interface Refusal {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly cause: { readonly name: string; readonly message: string; readonly code?: string } | undefined;
}

/** To be called in the thread. Throws what is no GatewayError, hence a bug. */
export function replyWith(read: () => CallAnswer): ThreadReply {
  try {
    return { answer: read() };
  } catch (thrown) {
    const error = isBeyondStrings(thrown) ? beyondMemory() : thrown;
    if (!(error instanceof GatewayError)) throw error;
    return { refusal: { code: error.code, detail: error.message, cause: causeOf(error) } };
  }
}

/** The thread's answer; throws its GatewayError as if it had come about here. */
export function answerIn(reply: ThreadReply): CallAnswer {
  if ('answer' in reply) return reply.answer;
  const { code, detail, cause } = reply.refusal;
  throw new GatewayError(code, detail, { cause: cause && Object.assign(new Error(), cause) });
}

/** What a document is refused with that is well within the limits and yet too much. */
export function beyondMemory(): GatewayError {
  return invalidDocument('it takes too much memory to read');
}

/** Half a gigabyte of text is V8's limit, which V8 and Node report each in its own way. */
function isBeyondStrings(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  return (
    error.message === 'Invalid string length' || ('code' in error && error.code === 'ERR_STRING_TOO_LONG')
  );
}

function causeOf({ cause }: GatewayError): Refusal['cause'] {
  if (!types.isNativeError(cause)) return undefined;
  const { name, message } = cause;
  return 'code' in cause && typeof cause.code === 'string'
    ? { name, message, code: cause.code }
    : { name, message };
}
