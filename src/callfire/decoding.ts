/**
 * What stands for one character: percent-encoded as UTF-8 or else Latin-1, escaped as JSON, or as XML. Each place of a text
 * is read a few times at most, whatever the text.
 */
const ESCAPES = new RegExp(
  [
    '%(?:[cd][0-9a-f]%[89ab][0-9a-f]|e[0-9a-f](?:%[89ab][0-9a-f]){2}|f[0-7](?:%[89ab][0-9a-f]){3}|[0-9a-f]{2})',
    '\\\\u[0-9a-f]{4}',
    '&(?:amp|lt|gt|quot|apos|#\\d+|#x[0-9a-f]+);',
  ].join('|'),
  'gi',
);

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const LAST_CODE_POINT = 0x10ffff;

/** The text with every escape in it replaced, once, by what it stands for. */
export function decoded(text: string): string {
  return text.replace(ESCAPES, decodedEscape);
}

/** For each place in the decoded text, its end included, the place in the text that it comes from. */
export function origins(text: string): readonly number[] {
  const places: number[] = [];
  let at = 0;
  for (const { 0: escape, index } of text.matchAll(ESCAPES)) {
    for (; at < index; at += 1) places.push(at);
    places.push(...Array.from({ length: decodedEscape(escape).length }, () => at));
    at += escape.length;
  }
  for (; at <= text.length; at += 1) places.push(at);
  return places;
}

const BEYOND_ASCII = /[\u0080-\uffff]/g;

/**
 * What texts are compared in: in lower case, with spaces for plus signs, as in forms, and without backslashes, of which
 * nobody knows whether they escape what follows or belong to what precedes.
 */
export function folded(text: string): string {
  // Unit by unit, as whole words may change their length or depend on what stands beside them.
  const lower = text.replace(BEYOND_ASCII, (unit) => unit.toLowerCase().charAt(0)).toLowerCase();
  return lower.replaceAll('+', ' ').replaceAll('\\', '');
}

/** For each place in the folded text, its end included, the place in the text that it comes from. */
export function foldedOrigins(text: string): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at < text.length; at += 1) if (text[at] !== '\\') places.push(at);
  return [...places, text.length];
}

function decodedEscape(escape: string): string {
  if (escape.startsWith('%')) {
    const bytes = Buffer.from(escape.replaceAll('%', ''), 'hex');
    return bytes.toString(bytes.length === 1 ? 'latin1' : 'utf8');
  }
  if (escape.startsWith('\\')) return String.fromCharCode(Number.parseInt(escape.slice(2), 16));
  const name = escape.slice(1, -1).toLowerCase();
  if (!name.startsWith('#')) return NAMED[name] ?? escape;
  const codePoint = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return codePoint <= LAST_CODE_POINT ? String.fromCodePoint(codePoint) : escape;
}
