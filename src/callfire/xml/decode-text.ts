import { isAscii, isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { invalidDocument } from './invalid-document.js';

/** Encodings that TextDecoder reads as windows-1252 (as the web does), and that Node 20 reads as Latin-1 then. */
const SINGLE_BYTE: ReadonlyMap<string, (body: Buffer) => string> = new Map([
  ...['iso-8859-1', 'iso_8859-1', 'iso8859-1', 'iso-ir-100', 'latin1', 'l1', 'cp819', 'ibm819'].map(
    (label) => [label, (body: Buffer) => body.toString('latin1')] as const,
  ),
  ...['us-ascii', 'ascii', 'ansi_x3.4-1968', 'iso646-us', 'iso-ir-6', 'cp367', 'ibm367'].map(
    (label) => [label, decodeAscii] as const,
  ),
  ...['windows-1252', 'cp1252', 'x-cp1252'].map((label) => [label, decodeWindows1252] as const),
]);

/** What windows-1252 has at 0x80 to 0x9F; the five unused bytes stay control characters, as the web reads them. */
const WINDOWS_1252_HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/**
 * The text of an XML document, without byte order mark. The encoding is named by the mark, else by the charset of the
 * Content-Type (RFC 7303), else by the XML declaration; without any of them it is UTF-8.
 * Throws `upstream-invalid-response` for bytes that the encoding does not allow and for an unknown encoding.
 */
export function decodeText(body: Buffer, contentType: string | undefined): string {
  const mark = byteOrderMark(body);
  if (mark !== null) return decode(body.subarray(mark.length), mark.encoding);
  return decode(body, charsetOf(contentType) ?? declaredEncoding(body) ?? 'utf-8');
}

function byteOrderMark(body: Buffer): { readonly encoding: string; readonly length: number } | null {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (body[0] === 0xfe && body[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  if (body[0] === 0xff && body[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  return null;
}

function charsetOf(contentType: string | undefined): string | undefined {
  const match = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType ?? '');
  return match?.[1] ?? match?.[2];
}

/** The encoding that the XML declaration names, read as ASCII: all encodings that need no mark agree on these bytes. */
function declaredEncoding(body: Buffer): string | undefined {
  if (body.toString('latin1', 0, 5) !== '<?xml') return undefined;
  const declaration = body.toString('latin1', 0, Math.max(0, body.indexOf('?>')));
  return /\sencoding\s*=\s*["']([^"']*)["']/.exec(declaration)?.[1];
}

function decode(body: Buffer, name: string): string {
  const label = name.trim().toLowerCase();
  if (label === 'utf-8' || label === 'utf8') return decodeUtf8(body);
  const singleByte = SINGLE_BYTE.get(label);
  if (singleByte !== undefined) return singleByte(body);
  // Unmarked UTF-16 begins with an ASCII character, so a zero byte tells that the high byte comes first.
  return decodeOther(body, label === 'utf-16' && body[0] === 0 ? 'utf-16be' : label);
}

function decodeUtf8(body: Buffer): string {
  if (isAscii(body)) return body.toString('latin1');
  if (!isUtf8(body)) throw invalidDocument('its bytes are not UTF-8');
  return body.toString('utf8');
}

function decodeAscii(body: Buffer): string {
  if (!isAscii(body)) throw invalidDocument('its bytes are not US-ASCII');
  return body.toString('latin1');
}

function decodeWindows1252(body: Buffer): string {
  return body
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (control) => WINDOWS_1252_HIGH.charAt(control.charCodeAt(0) - 0x80));
}

function decodeOther(body: Buffer, label: string): string {
  const decoder = decoderFor(label);
  try {
    return decoder.decode(body);
  } catch (cause) {
    throw invalidDocument('its bytes do not fit its encoding', cause);
  }
}

function decoderFor(label: string): TextDecoder {
  try {
    // The mark is taken off already; a second one is a character like any other.
    return new TextDecoder(label, { fatal: true, ignoreBOM: true });
  } catch (cause) {
    throw invalidDocument('its encoding is unknown', cause);
  }
}
