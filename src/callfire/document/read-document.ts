import { answerWith, type CallAnswer } from '../../calls/call-answer.js';
import { readCallDocument } from './call-document.js';

/** A document as CallFire sent it, and the call that was asked for. */
export interface CallDocument {
  readonly document: Buffer;
  readonly contentType: string | undefined;
  readonly id: string;
}

/** The call in the document. Throws GatewayError `upstream-invalid-response` if it is anything but that call. */
export function readDocument({ document, contentType, id }: CallDocument): CallAnswer {
  return answerWith(readCallDocument(document, contentType, id));
}
