import { checkXml } from './check-xml.js';
import { invalidDocument } from './invalid-document.js';
import { OUTERMOST, type Scope, readAttributes, resolveName } from './namespaces.js';
import { type RawAttributes, type RawNode, elementName, isNodes, parseTree } from './parse-tree.js';
import type { XmlElement } from './xml-element.js';
import { decodeReferences } from './xml-references.js';

/**
 * Reads a whole document as strictly as `checkXml` and Namespaces in XML 1.0 want it, and returns its root element.
 * Throws `upstream-invalid-response`.
 */
export function parseXml(text: string): XmlElement {
  for (const node of parseTree(checkXml(text))) {
    const key = keyOf(node);
    if (key !== '#text' && key !== '#cdata') return toElement(node, key, OUTERMOST);
  }
  throw invalidDocument('it holds no element');
}

/** What a node is comes first in it, attributes second. */
function keyOf(node: RawNode): string {
  for (const key in node) return key;
  return '#text';
}

function toElement(node: RawNode, key: string, outer: Scope): XmlElement {
  const { scope, attributes } = readAttributes(attributesOf(node), outer);
  const children: XmlElement[] = [];
  let raw = '';
  for (const child of nodesIn(node, key)) {
    const childKey = keyOf(child);
    if (childKey === '#text') raw += textOf(child);
    else if (childKey === '#cdata') raw += sectionText(child);
    else children.push(toElement(child, childKey, scope));
  }
  const { namespace, name } = resolveName(elementName(key), scope);
  return { namespace, name, attributes, children, text: decodeReferences(raw) };
}

/** A section's `&` means itself, so it is escaped for the decoding of the whole text. */
function sectionText(section: RawNode): string {
  return nodesIn(section, '#cdata').map(textOf).join('').replaceAll('&', '&amp;');
}

function attributesOf(node: RawNode): RawAttributes | null {
  const content = node[':@'];
  return content === undefined || typeof content === 'string' || isNodes(content) ? null : content;
}

function nodesIn(node: RawNode, key: string): readonly RawNode[] {
  const content = node[key];
  return isNodes(content) ? content : [];
}

function textOf(node: RawNode): string {
  const text = node['#text'];
  return typeof text === 'string' ? text : '';
}
