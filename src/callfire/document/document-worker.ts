import { invalidDocument } from '../xml/invalid-document.js';
import { readDocument } from './read-document.js';
import { replyWith, type ThreadReply } from './thread-reply.js';

/** A document for a thread. No credentials come along: they are looked for in what goes out. */
export interface ThreadTask {
  /** What a Buffer becomes on its way. */
  readonly document: Uint8Array;
  readonly contentType: string | undefined;
  readonly id: string;
  /** The longest JSON that is worth the way back. */
  readonly maxAnswerBytes: number;
}

/** What the threads run: they import this file by its URL and this function by its name. */
export function readInThread({ document, contentType, id, maxAnswerBytes }: ThreadTask): ThreadReply {
  return replyWith(() => {
    const { buffer, byteOffset, byteLength } = document;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    const answer = readDocument({ document: bytes, contentType, id });
    if (answer.body.length > maxAnswerBytes) throw invalidDocument('its call would be too long as JSON');
    return answer;
  });
}
