import { invalidDocument } from '../xml/invalid-document.js';
import { toUtc } from './times.js';
import type { XmlElement } from '../xml/xml-element.js';

const SCHEMA_INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';

const LARGEST_LONG = 9223372036854775807n;
const LARGEST_INT = 2147483647;

/**
 * The readers of single values. Each takes the element, or undefined where there is none, which reads as null; so does
 * `xsi:nil`. Each throws `upstream-invalid-response` for what its type does not allow, with the element's name.
 */

/** Text as sent, without the white space around it. */
export function readText(element: XmlElement | undefined): string | null {
  if (element === undefined) return null;
  if (element.children.length > 0) throw invalidDocument(`element ${element.name} holds other elements`);
  const text = element.text.trim();
  if (!isNil(element)) return text;
  if (text !== '') throw invalidDocument(`element ${element.name} is nil and yet holds text`);
  return null;
}

/** xsd:long, in its canonical form. */
export function readId(element: XmlElement | undefined): string | null {
  return read(element, canonicalId, 'a 64-bit number');
}

/** xsd:int. */
export function readInteger(element: XmlElement | undefined): number | null {
  return read(element, parseInteger, 'a 32-bit number');
}

/** xsd:float or xsd:decimal, with a double's precision; NaN and what JSON cannot express is null. */
export function readDecimal(element: XmlElement | undefined): number | null {
  const value = read(element, parseDecimal, 'a number');
  return value === null || !Number.isFinite(value) ? null : value;
}

/** xsd:boolean. */
export function readBoolean(element: XmlElement | undefined): boolean | null {
  return read(element, parseBoolean, 'a boolean');
}

/** xsd:dateTime, in UTC: see `toUtc`. */
export function readTime(element: XmlElement | undefined): string | null {
  return read(element, toUtc, 'a time');
}

/** An xsd:long without sign `+` and leading zeros, or undefined if `text` is none. */
export function canonicalId(text: string): string | undefined {
  if (/^[1-9][0-9]{0,17}$/.test(text)) return text;
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const digits = text.replace(/^[+-]?0*(?=[0-9])/, '');
  if (digits.length > 19) return undefined;
  const value = text.startsWith('-') ? -BigInt(digits) : BigInt(digits);
  return value <= LARGEST_LONG && value >= -LARGEST_LONG - 1n ? value.toString() : undefined;
}

function read<T>(
  element: XmlElement | undefined,
  parse: (text: string) => T | undefined,
  what: string,
): T | null {
  const text = readText(element);
  if (element === undefined || text === null) return null;
  const value = parse(text);
  if (value === undefined) throw invalidDocument(`element ${element.name} does not hold ${what}`);
  return value;
}

function isNil(element: XmlElement): boolean {
  return element.attributes.some(
    ({ namespace, name, value }) =>
      namespace === SCHEMA_INSTANCE && name === 'nil' && /^\s*(?:true|1)\s*$/.test(value),
  );
}

function parseInteger(text: string): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return value <= LARGEST_INT && value >= -LARGEST_INT - 1 ? withoutNegativeZero(value) : undefined;
}

function parseDecimal(text: string): number | undefined {
  if (/^(?:NaN|[+-]?INF)$/.test(text)) return Number.NaN;
  return /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?$/.test(text)
    ? withoutNegativeZero(Number(text))
    : undefined;
}

/** JSON has no -0. */
function withoutNegativeZero(value: number): number {
  return value + 0;
}

function parseBoolean(text: string): boolean | undefined {
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : undefined;
}
