import { answerWith, type CallAnswer } from '../calls/call-answer.js';
import { GatewayError } from '../errors.js';
import { readCallDocument } from './document/call-document.js';
import type { Credentials } from './credentials.js';
import { decompress } from './connection/decompress.js';
import { invalidResponse, scrubbedCause } from './upstream-error.js';
import { headerText, type Answer } from './connection/upstream-request.js';

/** The call in the answer to a lookup. Throws `upstream-invalid-response` if it is anything but that call. */
export async function readAnswer(
  { headers, body }: Answer,
  id: string,
  maxBytes: number,
  credentials: Credentials,
): Promise<CallAnswer> {
  const document = await decompress(body, headerText(headers, 'content-encoding'), maxBytes).catch(
    (error: unknown) => {
      throw invalidResponse('it cannot be decompressed', scrubbedCause(error, credentials));
    },
  );
  if (credentials.appearIn(document)) throw invalidResponse("it holds the gateway's own credentials");
  try {
    return answerWith(readCallDocument(document, headerText(headers, 'content-type'), id));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // A parser's complaint may quote what it read.
    throw new GatewayError(error.code, credentials.scrub(error.message), {
      cause: scrubbedCause(error.cause, credentials),
    });
  }
}
