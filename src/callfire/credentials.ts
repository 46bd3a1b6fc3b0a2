/** The gateway's own credentials at CallFire, usable without being shown. */
export interface Credentials {
  /** Value of the `Authorization` header (RFC 7617, UTF-8). */
  readonly authorization: string;
  /** The text with every trace of the credentials replaced by `[redacted]`, however they are spelled in it. */
  scrub(text: string): string;
  /**
   * Whether the value of the `Authorization` header stands in an answer's JSON, or the password unless it might be there by
   * chance. `body` is UTF-8, one character a byte.
   */
  appearIn(body: string): boolean;
}

/** A shorter password may be a word that a call's notes or labels hold, too. */
const LEAST_TELLING_LENGTH = 8;

export function createCredentials(login: string, password: string): Credentials {
  const [pair, unpadded, urlSafe] = base64Forms(`${login}:${password}`);
  const telling = [unpadded, urlSafe, encodeURIComponent(unpadded)];
  if (password.length >= LEAST_TELLING_LENGTH)
    telling.push(JSON.stringify(password).slice(1, -1), encodeURIComponent(password));
  const encoded = [login, password, `${login}:${password}`].flatMap((text) => [
    ...base64Forms(text),
    ...hexForms(text),
  ]);
  const marks = [...new Set(telling)].map((text) => Buffer.from(text, 'utf8').toString('latin1'));
  const secrets = [login, password, ...encoded];
  // An alternation takes the first branch that fits: a secret that contains another must stand before it.
  const longestFirst = [...new Set(secrets)]
    .sort((a, b) => b.length - a.length)
    .filter((secret) => secret !== '');
  const pattern = longestFirst.map((secret) => Array.from(secret, spellings).join('')).join('|');
  const anySecret = pattern === '' ? null : new RegExp(pattern, 'g');
  return {
    authorization: `Basic ${pair}`,
    appearIn: (body) => marks.some((mark) => body.includes(mark)),
    scrub: (text) => (anySecret === null ? text : text.replace(anySecret, '[redacted]')),
  };
}

function base64Forms(text: string): [padded: string, unpadded: string, urlSafe: string] {
  const bytes = Buffer.from(text, 'utf8');
  const padded = bytes.toString('base64');
  return [padded, padded.replace(/=+$/, ''), bytes.toString('base64url')];
}

function hexForms(text: string): string[] {
  const digits = Buffer.from(text, 'utf8').toString('hex');
  return [digits, digits.toUpperCase()];
}

const NAMED: Readonly<Record<string, readonly string[]>> = {
  '&': ['&amp;'],
  '<': ['&lt;'],
  '>': ['&gt;'],
  '"': ['&quot;', '\\\\"'],
  "'": ['&apos;'],
  '\\': ['\\\\\\\\'],
  '/': ['\\\\/'],
  ' ': ['\\+'],
};

/** A pattern for one character: as it is, percent-encoded, escaped as JSON or as XML, since all of these may mix. */
function spellings(character: string): string {
  const percent = Array.from(Buffer.from(character, 'utf8'), (byte) => `%${anyCase(hex(byte, 2))}`).join('');
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const json = units.map((unit) => `\\\\u${anyCase(hex(unit, 4))}`).join('');
  const codePoint = character.codePointAt(0) ?? 0;
  const xml = [`&#0*${codePoint};`, `&#x0*${anyCase(hex(codePoint, 1))};`];
  const itself = character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  return `(?:${[...(NAMED[character] ?? []), percent, json, ...xml, itself].join('|')})`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function anyCase(hexDigits: string): string {
  return hexDigits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
