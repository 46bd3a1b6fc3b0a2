import type { Extra } from '../../calls/call.js';
import { toExtra } from './extra.js';
import { invalidDocument } from '../xml/invalid-document.js';
import type { XmlElement } from '../xml/xml-element.js';

const DATA_NAMESPACE = 'http://api.callfire.com/data';

const NONE: readonly XmlElement[] = [];

/**
 * The children that an element is known to have, and how often. What is unknown in a `bare` one, which may repeat and
 * is no object in JSON, counts as unknown in the element around it.
 */
export type Occurrence = 'once' | 'many' | { readonly bare: Shape };
export type Shape = ReadonlyMap<string, Occurrence>;

/** Elements by name; what a shape does not name in CallFire's data namespace is left over. */
export interface Parts {
  one(name: string): XmlElement | undefined;
  all(name: string): readonly XmlElement[];
  /** To be spread into an object, last: holds `extra` if anything is left over. */
  readonly leftOver: { readonly extra?: Extra };
}

/** Sorts an element's children. Throws `upstream-invalid-response` for text between them and for a second `once`. */
export function partsOf(element: XmlElement, shape: Shape): Parts {
  refuseText(element);
  const known = new Map<string, XmlElement[]>();
  const unknown: XmlElement[] = [];
  for (const child of element.children) {
    const kind = kindOf(child, shape);
    if (kind === undefined) {
      unknown.push(child);
      continue;
    }
    const others = known.get(child.name);
    if (others === undefined) known.set(child.name, [child]);
    else if (kind !== 'once') others.push(child);
    else throw invalidDocument(`element ${child.name} stands twice in ${element.name}`);
    if (typeof kind === 'object') collectUnknown(child, kind.bare, unknown);
  }
  return {
    one: (name) => known.get(name)?.[0],
    all: (name) => known.get(name) ?? NONE,
    leftOver: unknown.length === 0 ? {} : { extra: toExtra(unknown) },
  };
}

/** Throws `upstream-invalid-response` if there is text beside the element's children. */
export function refuseText(element: XmlElement): void {
  if (element.text.trim() !== '')
    throw invalidDocument(`element ${element.name} holds text where only elements belong`);
}

export function isData(element: XmlElement, name: string): boolean {
  return element.namespace === DATA_NAMESPACE && element.name === name;
}

/** An attribute's value; attributes of CallFire are in no namespace. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.qualifiedName === name)?.value;
}

function kindOf(child: XmlElement, shape: Shape): Occurrence | undefined {
  return child.namespace === DATA_NAMESPACE ? shape.get(child.name) : undefined;
}

function collectUnknown(element: XmlElement, shape: Shape, unknown: XmlElement[]): void {
  for (const child of element.children) if (kindOf(child, shape) === undefined) unknown.push(child);
}
