import { decodeText } from '../xml/decode-text.js';
import { parseXml } from '../xml/parse-xml.js';
import type { XmlElement } from '../xml/xml-element.js';

/** CallFire's messages are a sentence; nobody wants a larger document read for one. */
const MAX_BODY_BYTES = 65_536;

/**
 * The `Message` of CallFire's ResourceException, on one line. The names count in any letter case and namespace. Null where the body is none or has no message; never throws.
 */
export function readExceptionMessage(body: Buffer, contentType: string | undefined): string | null {
  if (body.length === 0 || body.length > MAX_BODY_BYTES) return null;
  try {
    const root = parseXml(decodeText(body, contentType));
    if (!isNamed(root, 'resourceexception')) return null;
    return toLine(root.children.find((child) => isNamed(child, 'message'))?.text ?? '');
  } catch {
    return null;
  }
}

function isNamed(element: XmlElement, lowerCaseName: string): boolean {
  return element.name.toLowerCase() === lowerCaseName;
}

function toLine(text: string): string | null {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/\p{Control}/gu, '')
    .trim();
  return line === '' ? null : line;
}
