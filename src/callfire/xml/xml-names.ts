const START = 2;
const FURTHER = 1;
const COLON = 58;

/** What an ASCII character may do in a name: begin it, continue it, or (0, and the colon) neither. */
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  return /[A-Z_a-z]/.test(char) ? START : /[-.0-9]/.test(char) ? FURTHER : 0;
});

const NAME_START =
  'A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{1fff}\\u{200c}-\\u{200d}' +
  '\\u{2070}-\\u{218f}\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fffd}\\u{10000}-\\u{effff}';
const NC_NAME = `[${NAME_START}][\\u{300}-\\u{36f}\\u{203f}-\\u{2040}\\u{b7}.0-9${NAME_START}-]*`;
const Q_NAME = new RegExp(`${NC_NAME}(?::${NC_NAME})?`, 'uy');

/**
 * The index after the qualified name that begins at `from` (Namespaces in XML 1.0, with the name characters of
 * XML 1.0's fifth edition), or -1 where none begins.
 */
export function nameEnd(text: string, from: number): number {
  let at = asciiPartEnd(text, from);
  if (at > from && text.charCodeAt(at) === COLON) {
    const end = asciiPartEnd(text, at + 1);
    if (end > at + 1) at = end;
  }
  const next = text.charCodeAt(at);
  return next < 128 && next !== COLON && at > from ? at : anyNameEnd(text, from);
}

function asciiPartEnd(text: string, from: number): number {
  if (ASCII[text.charCodeAt(from)] !== START) return from;
  let at = from + 1;
  while ((ASCII[text.charCodeAt(at)] ?? 0) !== 0) at += 1;
  return at;
}

function anyNameEnd(text: string, from: number): number {
  Q_NAME.lastIndex = from;
  return Q_NAME.test(text) ? Q_NAME.lastIndex : -1;
}
