import type { Extra, ExtraValue } from '../../calls/call.js';
import { invalidDocument } from '../xml/invalid-document.js';
import type { XmlElement } from '../xml/xml-element.js';

/** As with attributes, see `xml/check-tag.ts`. */
const MOST_NAMES = 1000;

/**
 * Elements that nobody knows, by local name in document order: how they are kept in `extra`. Throws
 * `upstream-invalid-response` for too many names.
 * Names come from outside: `Object.fromEntries` makes even `__proto__` a plain key.
 */
export function toExtra(elements: readonly XmlElement[]): Extra {
  const values = new Map<string, ExtraValue[]>();
  for (const element of elements) {
    const others = values.get(element.name);
    if (others !== undefined) others.push(toValue(element));
    else if (values.size < MOST_NAMES) values.set(element.name, [toValue(element)]);
    else throw invalidDocument(`it holds more than ${MOST_NAMES} unknown elements in one place`);
  }
  return Object.fromEntries(values);
}

function toValue({ attributes, children, text }: XmlElement): ExtraValue {
  const trimmed = text.trim();
  if (attributes.length === 0 && children.length === 0) return trimmed;
  return Object.fromEntries<string | readonly ExtraValue[]>([
    ...attributes.map(({ qualifiedName, value }) => [`@${qualifiedName}`, value] as const),
    ...(trimmed === '' ? [] : [['#text', trimmed] as const]),
    ...Object.entries(toExtra(children)),
  ]);
}
