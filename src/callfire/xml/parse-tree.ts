import { XMLParser } from 'fast-xml-parser';
import { invalidDocument } from './invalid-document.js';

/**
 * A node as fast-xml-parser builds it with `preserveOrder`: text (`{"#text": "…"}`), a CDATA section
 * (`{"#cdata": [{"#text": "…"}]}`) or an element (`{"name": [nodes], ":@": {"@attribute": "value"}}`).
 */
export interface RawNode {
  readonly [key: string]: string | readonly RawNode[] | RawAttributes;
}
export type RawAttributes = Readonly<Record<string, string>>;

/** Names that fast-xml-parser refuses. They are kept from it behind a character that begins no name of XML. */
const REFUSED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const ESCAPE = '#';

/** Lawful characters of names that fast-xml-parser takes for white space, and what stands in for them. */
const SPACE_LIKE = /[\u1680\ufeff]/g;
// eslint-disable-next-line no-control-regex -- chosen because a checked document cannot hold them
const STAND_IN = /[\u0001\u0002]/g;
const SECTION_OR_TAG = /<!\[CDATA\[[^]*?\]\]>|<(?:[^"'>]|"[^"]*"|'[^']*')*>/g;

/** Never asked to decode; without it each document costs a new decoder. */
const IDLE_DECODER = {
  setExternalEntities: () => undefined,
  addInputEntities: () => undefined,
  reset: () => undefined,
  decode: (text: string) => text,
  setXmlVersion: () => undefined,
};

const parser = createParser((text) => text);
const standInParser = createParser((text) =>
  text.replace(STAND_IN, (it) => (it === '\u0001' ? '\u1680' : '\ufeff')),
);

/**
 * The nodes of a document that `checkXml` returned, exactly as written: nothing decoded, converted, trimmed or lost.
 * Throws `upstream-invalid-response` if fast-xml-parser throws, which no such document is known to bring about.
 */
export function parseTree(text: string): readonly RawNode[] {
  try {
    const tree: unknown =
      text.search(SPACE_LIKE) === -1 ? parser.parse(text) : standInParser.parse(withStandIns(text));
    return isNodes(tree) ? tree : [];
  } catch (cause) {
    throw invalidDocument('fast-xml-parser cannot read it', cause);
  }
}

/** The element's name as written in the document. */
export function elementName(key: string): string {
  return key.startsWith(ESCAPE) ? key.slice(ESCAPE.length) : key;
}

function createParser(restore: (text: string) => string): XMLParser {
  return new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    cdataPropName: '#cdata',
    trimValues: false,
    parseTagValue: false,
    processEntities: false,
    entityDecoder: IDLE_DECODER,
    jPath: false,
    // Called twice for an empty element, first with its slash.
    transformTagName: (name) => {
      const restored = restore(name);
      return REFUSED.has(restored) ? ESCAPE + restored : restored;
    },
    transformAttributeName: restore,
    attributeValueProcessor: (_, value) => restore(value),
    onDangerousProperty: (name) => name,
  });
}

function withStandIns(text: string): string {
  return text.replace(SECTION_OR_TAG, (markup) =>
    markup.startsWith('<!')
      ? markup
      : markup.replace(SPACE_LIKE, (it) => (it === '\u1680' ? '\u0001' : '\u0002')),
  );
}

/** Tells a node's content from its attributes and its text. */
export function isNodes(value: unknown): value is readonly RawNode[] {
  return Array.isArray(value);
}
