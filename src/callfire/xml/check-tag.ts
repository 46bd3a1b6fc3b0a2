import { invalidDocument } from './invalid-document.js';
import type { NodeBudget } from './node-budget.js';
import { nameEnd } from './xml-names.js';
import { referenceEnd } from './xml-references.js';

const [TAB, LINE_FEED, SPACE, DOUBLE_QUOTE, AMPERSAND, QUOTE] = [0x09, 0x0a, 0x20, 0x22, 0x26, 0x27];
const [SLASH, LESS, EQUALS, GREATER] = [0x2f, 0x3c, 0x3d, 0x3e];

/** An object with a million members can take V8 more memory at once than it can do without, which ends the process. */
const MOST_ATTRIBUTES = 1000;

/**
 * Checks what follows the name in a start tag or empty-element tag, in text whose line ends are normalized.
 * Returns the index after the tag. Throws `upstream-invalid-response`.
 */
export function attributesEnd(text: string, afterName: number, budget: NodeBudget): number {
  let names: Set<string> | undefined;
  let at = afterName;
  for (;;) {
    const next = skipSpace(text, at);
    const code = text.charCodeAt(next);
    if (code === GREATER) return next + 1;
    if (code === SLASH && text.charCodeAt(next + 1) === GREATER) return next + 2;
    if (next === at) throw malformed();
    names ??= new Set();
    budget.spend();
    if (names.size === MOST_ATTRIBUTES)
      throw invalidDocument(`it holds a tag with more than ${MOST_ATTRIBUTES} attributes`);
    at = attributeEnd(text, next, names);
  }
}

/** The index of the first character at or after `at` that is no white space of XML. */
export function skipSpace(text: string, at: number): number {
  for (let next = at; ; next += 1) {
    const code = text.charCodeAt(next);
    if (code !== SPACE && code !== LINE_FEED && code !== TAB) return next;
  }
}

function attributeEnd(text: string, from: number, names: Set<string>): number {
  const afterName = nameEnd(text, from);
  if (afterName === -1) throw malformed();
  const name = text.slice(from, afterName);
  if (names.has(name)) throw invalidDocument('it holds a tag with the same attribute twice');
  names.add(name);
  const equals = skipSpace(text, afterName);
  if (text.charCodeAt(equals) !== EQUALS) throw malformed();
  return valueEnd(text, skipSpace(text, equals + 1));
}

function valueEnd(text: string, from: number): number {
  const quote = text.charCodeAt(from);
  if (quote !== DOUBLE_QUOTE && quote !== QUOTE) throw malformed();
  let at = from + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === LESS || at >= text.length) throw malformed();
    at = code === AMPERSAND ? referenceEnd(text, at) : at + 1;
  }
}

function malformed(): Error {
  return invalidDocument('it holds a malformed tag');
}
