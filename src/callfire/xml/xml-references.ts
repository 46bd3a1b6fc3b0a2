import { invalidDocument } from './invalid-document.js';

const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['apos', "'"],
  ['quot', '"'],
]);

/** Anything but XML 1.0's Char; lone surrogates count as forbidden too. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

export function hasForbiddenCharacter(text: string): boolean {
  return FORBIDDEN.test(text);
}

/** The index after the reference whose `&` stands at `from`. Throws `upstream-invalid-response` where there is none. */
export function referenceEnd(text: string, from: number): number {
  const end = text.indexOf(';', from);
  if (end === -1 || referencedCharacter(text.slice(from + 1, end)) === null) {
    throw invalidDocument('it holds an "&" that begins no reference known without a DOCTYPE');
  }
  return end + 1;
}

/** Replaces the references in text whose references have been checked. */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;]*);/g, (reference, name: string) => referencedCharacter(name) ?? reference);
}

function referencedCharacter(name: string): string | null {
  if (!name.startsWith('#')) return PREDEFINED.get(name) ?? null;
  const match = /^#(?:([0-9]+)|x([0-9A-Fa-f]+))$/.exec(name);
  if (match === null) return null;
  const code = match[1] === undefined ? Number.parseInt(match[2] ?? '', 16) : Number(match[1]);
  if (code > 0x10ffff) return null;
  const character = String.fromCodePoint(code);
  return hasForbiddenCharacter(character) ? null : character;
}
