import { declarationEnd } from './check-declaration.js';
import { attributesEnd, skipSpace } from './check-tag.js';
import { invalidDocument } from './invalid-document.js';
import { NodeBudget } from './node-budget.js';
import { nameEnd } from './xml-names.js';
import { hasForbiddenCharacter, referenceEnd } from './xml-references.js';

const MAX_DEPTH = 32;

/** Longer text is parted for the parser: it adds text up by the character, which takes 32 bytes for each of them. */
const LONG_TEXT = 4096;

/** Parts text without changing it. */
const EMPTY_SECTION = '<![CDATA[]]>';

const [EXCLAMATION, SLASH, GREATER, QUESTION] = [0x21, 0x2f, 0x3e, 0x3f];

/**
 * Checks in one pass that `text` is well-formed XML 1.0 (fifth edition, names as Namespaces in XML 1.0 wants them),
 * has no DOCTYPE, is at most 32 elements deep and no denser than calls are. Whether prefixes are declared is left to whoever resolves them.
 * Returns the same document for a lenient parser: line ends normalized, without XML declaration, and with empty CDATA
 * sections in place of comments and processing instructions. Throws `upstream-invalid-response`.
 */
export function checkXml(text: string): string {
  if (hasForbiddenCharacter(text)) throw invalidDocument('it holds a character that XML does not allow');
  return new XmlCheck(text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text).run();
}

class XmlCheck {
  /** The names of the elements that are open. */
  private readonly open: string[] = [];
  private readonly budget: NodeBudget;
  private hasRoot = false;
  /** What the parser will get for the text before `doneTo`. */
  private done = '';
  private doneTo = 0;
  /** Where the next `&` and the next `]]>` stand that were not looked at yet; Infinity where there is none. */
  private ampersand = -1;
  private sectionEnd = -1;

  constructor(private readonly text: string) {
    this.budget = new NodeBudget(text.length);
  }

  run(): string {
    let at = declarationEnd(this.text);
    this.doneTo = at;
    for (;;) {
      const next = this.text.indexOf('<', at);
      this.checkText(at, next === -1 ? this.text.length : next);
      if (next === -1) break;
      at = this.markupEnd(next);
    }
    if (!this.hasRoot) throw invalidDocument('it holds no element');
    if (this.open.length > 0) throw invalidDocument('it ends before its elements do');
    return this.done + this.text.slice(this.doneTo);
  }

  private markupEnd(from: number): number {
    const kind = this.text.charCodeAt(from + 1);
    if (kind === SLASH) return this.endTagEnd(from);
    this.budget.spend();
    if (kind === QUESTION) return this.instructionEnd(from);
    if (kind !== EXCLAMATION) return this.startTagEnd(from);
    if (this.text.startsWith('--', from + 2)) return this.commentEnd(from);
    if (this.text.startsWith('[CDATA[', from + 2)) return this.cdataEnd(from);
    throw invalidDocument('it holds a DOCTYPE or another declaration');
  }

  private startTagEnd(from: number): number {
    if (this.hasRoot && this.open.length === 0) throw invalidDocument('it has more than one root element');
    if (this.open.length === MAX_DEPTH) throw invalidDocument(`it is more than ${MAX_DEPTH} elements deep`);
    this.hasRoot = true;
    const afterName = nameEnd(this.text, from + 1);
    if (afterName === -1) throw invalidDocument('it holds a malformed tag');
    const end = attributesEnd(this.text, afterName, this.budget);
    if (this.text.charCodeAt(end - 2) !== SLASH) this.open.push(this.text.slice(from + 1, afterName));
    return end;
  }

  private endTagEnd(from: number): number {
    const name = this.open.pop();
    if (name === undefined || !this.text.startsWith(name, from + 2)) {
      throw invalidDocument('it holds an end tag without its start tag');
    }
    const end = skipSpace(this.text, from + 2 + name.length);
    if (this.text.charCodeAt(end) !== GREATER) throw invalidDocument('it holds a malformed end tag');
    return end + 1;
  }

  private checkText(from: number, to: number): void {
    if (this.open.length === 0) {
      if (skipSpace(this.text, from) < to) throw invalidDocument('it holds text outside its root element');
      return;
    }
    if (this.ampersand < from) this.ampersand = this.find('&', from);
    while (this.ampersand < to) this.ampersand = this.find('&', referenceEnd(this.text, this.ampersand));
    if (this.sectionEnd < from) this.sectionEnd = this.find(']]>', from);
    if (this.sectionEnd < to) throw invalidDocument('it holds "]]>" outside a CDATA section');
    for (let at = from + LONG_TEXT; at < to; at += LONG_TEXT) this.leaveOut(at, at);
  }

  private commentEnd(from: number): number {
    const dashes = this.text.indexOf('--', from + 4);
    if (dashes === -1 || this.text.charCodeAt(dashes + 2) !== GREATER) {
      throw invalidDocument('it holds a malformed comment');
    }
    return this.leaveOut(from, dashes + 3);
  }

  private instructionEnd(from: number): number {
    const afterTarget = nameEnd(this.text, from + 2);
    const end = this.text.indexOf('?>', afterTarget);
    const target = this.text.slice(from + 2, afterTarget);
    const isParted = afterTarget === end || skipSpace(this.text, afterTarget) > afterTarget;
    if (afterTarget === -1 || end === -1 || !isParted || /^xml$|:/i.test(target)) {
      throw invalidDocument('it holds a malformed processing instruction');
    }
    return this.leaveOut(from, end + 2);
  }

  private cdataEnd(from: number): number {
    const end = this.text.indexOf(']]>', from);
    if (end === -1 || this.open.length === 0) throw invalidDocument('it holds a malformed CDATA section');
    return end + 3;
  }

  private leaveOut(from: number, to: number): number {
    this.done += this.text.slice(this.doneTo, from) + EMPTY_SECTION;
    this.doneTo = to;
    return to;
  }

  private find(what: string, from: number): number {
    const at = this.text.indexOf(what, from);
    return at === -1 ? Infinity : at;
  }
}
