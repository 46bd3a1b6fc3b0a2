import { exceptionDocument } from './xml.js';

/** An answer before any fault. Content-Length comes from the body. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | ByteStream;
}

/** A body that is made while it is sent; `length` in bytes where it is known. */
export interface ByteStream {
  readonly length: number | undefined;
  chunks(): AsyncIterable<Buffer> | Iterable<Buffer>;
}

export const XML_TYPE = 'application/xml';

const XML_HEADERS = { 'Content-Type': XML_TYPE };
const JSON_HEADERS = { 'Content-Type': 'application/json' };

export function xmlAnswer(document: string | Buffer, status = 200): Answer {
  return {
    status,
    headers: XML_HEADERS,
    body: typeof document === 'string' ? Buffer.from(document) : document,
  };
}

export function jsonAnswer(document: string): Answer {
  return { status: 200, headers: JSON_HEADERS, body: Buffer.from(document) };
}

export function emptyAnswer(): Answer {
  return { status: 200, headers: {}, body: Buffer.alloc(0) };
}

export function exceptionAnswer(status: number, message: string): Answer {
  return xmlAnswer(exceptionDocument(status, message), status);
}
