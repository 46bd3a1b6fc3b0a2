import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';

const CODINGS: Readonly<
  Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: (body, options) => (hasZlibHeader(body) ? zlibInflate : rawInflate)(body, options),
};
const zlibInflate = promisify(inflate);
const rawInflate = promisify(inflateRaw);

/**
 * Undoes a Content-Encoding (RFC 9110, 8.4.1). Rejects when the coding is not one that was offered, when the stream
 * is broken or cut, and when more than `maxBytes` would come out.
 */
export async function decompress(
  body: Buffer,
  contentEncoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return body;
  const decode = Object.hasOwn(CODINGS, coding) ? CODINGS[coding] : undefined;
  if (decode === undefined) throw new Error('the content coding is not one that was asked for');
  return decode(body, { maxOutputLength: maxBytes });
}

/** Some servers mean RFC 1951 (raw) by `deflate`, not RFC 1950; the latter's first two bytes check themselves. */
function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && (body.readUInt8(0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}
