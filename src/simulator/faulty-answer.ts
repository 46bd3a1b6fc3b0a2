import { Readable, pipeline } from 'node:stream';
import {
  createDeflate,
  createDeflateRaw,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
} from 'node:zlib';
import { XML_TYPE, exceptionAnswer, type Answer, type ByteStream } from './answer.js';
import type { Fault } from './fault.js';

/** The answer with those faults that change what is sent, not how it is sent. */
export function faultyAnswer(ordinary: Answer, fault: Fault): Answer {
  const { status, headers, body } = replaced(ordinary, fault);
  const broken = fault.malformed === true && Buffer.isBuffer(body) ? malformed(body) : body;
  const whole = fault.endless === true ? endless(broken) : broken;
  const encoded = fault.encoding === undefined ? whole : compressed(whole, fault.encoding);
  return {
    status,
    headers: {
      ...headers,
      ...(fault.contentType === undefined ? {} : { 'Content-Type': fault.contentType }),
      ...(fault.encoding === undefined ? {} : { 'Content-Encoding': fault.encoding.replace('-raw', '') }),
      ...fault.headers,
    },
    body: encoded,
  };
}

function replaced(ordinary: Answer, fault: Fault): Answer {
  if (fault.exception !== undefined) return exceptionAnswer(fault.status ?? 500, fault.exception);
  if (fault.status === undefined && fault.body === undefined) return ordinary;
  const body = Buffer.from(fault.body ?? '');
  return {
    status: fault.status ?? 200,
    headers: body.length === 0 ? {} : { 'Content-Type': XML_TYPE },
    body,
  };
}

function malformed(body: Buffer): Buffer {
  const at = body.lastIndexOf('</');
  if (at < 0) return body.subarray(0, -1);
  return Buffer.concat([body.subarray(0, at + 2), Buffer.from('broken'), body.subarray(at + 2)]);
}

/** Blanks may follow the root element, so nothing but the size is wrong with such a body. */
function endless(body: Buffer | ByteStream): ByteStream {
  const blanks = Buffer.alloc(65_536, ' ');
  return {
    length: undefined,
    async *chunks() {
      yield* chunksOf(body);
      for (;;) yield blanks;
    },
  };
}

const COMPRESSORS = {
  gzip: { whole: gzipSync, stream: createGzip },
  deflate: { whole: deflateSync, stream: createDeflate },
  'deflate-raw': { whole: deflateRawSync, stream: createDeflateRaw },
};

function compressed(body: Buffer | ByteStream, encoding: keyof typeof COMPRESSORS): Buffer | ByteStream {
  const { whole, stream } = COMPRESSORS[encoding];
  if (Buffer.isBuffer(body)) return whole(body);
  // A pipeline, unlike pipe, also ends the source when the reader of the compressed bytes stops.
  const chunks = (): AsyncIterable<Buffer> =>
    pipeline(Readable.from(body.chunks()), stream(), () => undefined);
  return { length: undefined, chunks };
}

export function chunksOf(body: Buffer | ByteStream): AsyncIterable<Buffer> | Iterable<Buffer> {
  if (!Buffer.isBuffer(body)) return body.chunks();
  return body.length === 0 ? [] : [body];
}
