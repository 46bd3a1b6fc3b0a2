import type { CallAnswer } from '../calls/call-answer.js';
import { GatewayError } from '../errors.js';
import type { Credentials } from './credentials.js';
import type { Deadline } from './connection/deadline.js';
import { decompress } from './connection/decompress.js';
import { headerText, type Answer } from './connection/upstream-request.js';
import type { DocumentReader } from './document-reader.js';
import { readDocument } from './document/read-document.js';
import { invalidResponse, scrubbedCause } from './upstream-error.js';

interface ReadOptions {
  readonly maxBytes: number;
  readonly credentials: Credentials;
  readonly reader: DocumentReader;
  readonly deadline: Deadline;
}

/**
 * The call in the answer to a lookup. Throws `upstream-invalid-response` if it is anything but that call, and whatever
 * else keeps a long document from being read.
 */
export async function readAnswer(
  { headers, body }: Answer,
  id: string,
  { maxBytes, credentials, reader, deadline }: ReadOptions,
): Promise<CallAnswer> {
  const document = await decompress(body, headerText(headers, 'content-encoding'), maxBytes).catch(
    (error: unknown) => {
      throw invalidResponse('it cannot be decompressed', scrubbedCause(error, credentials));
    },
  );
  const callDocument = { document, contentType: headerText(headers, 'content-type'), id };
  let answer: CallAnswer;
  try {
    answer =
      document.length <= reader.inlineBytes
        ? readDocument(callDocument)
        : await reader.read(callDocument, deadline);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'upstream-invalid-response') throw error;
    // A parser's complaint may quote what it read.
    throw new GatewayError(error.code, credentials.scrub(error.message), {
      cause: scrubbedCause(error.cause, credentials),
    });
  }
  // Not in the document, which can spell them in many more ways: by references, in sections, in its encoding.
  if (credentials.appearIn(answer.body)) throw invalidResponse("it holds the gateway's own credentials");
  return answer;
}
