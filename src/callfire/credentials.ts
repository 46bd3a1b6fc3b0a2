/** What logs in at CallFire: its generated API login and password. */
export interface Login {
  readonly login: string;
  readonly password: string;
}

/** The gateway's own credentials at CallFire, recognized wherever they stand. */
export interface Credentials {
  /** The text with every trace of the credentials replaced by `[redacted]`, however they are spelled in it. */
  scrub(text: string): string;
  /**
   * Whether the value of an `Authorization` header stands in an answer's JSON, or a password unless it might be there by
   * chance. `body` is UTF-8, one character a byte.
   */
  appearIn(body: string): boolean;
}

/** A shorter password may be a word that a call's notes or labels hold, too. */
const LEAST_TELLING_LENGTH = 8;

/** Value of the `Authorization` header (RFC 7617, UTF-8). */
export function authorizationOf({ login, password }: Login): string {
  return `Basic ${Buffer.from(`${login}:${password}`, 'utf8').toString('base64')}`;
}

export function createCredentials(logins: readonly Login[]): Credentials {
  const marks = [...new Set(logins.flatMap(tellingForms))].map((text) =>
    Buffer.from(text, 'utf8').toString('latin1'),
  );
  // An alternation takes the first branch that fits: a secret that contains another must stand before it.
  const longestFirst = [...new Set(logins.flatMap(allForms))]
    .sort((a, b) => b.length - a.length)
    .filter((secret) => secret !== '');
  const pattern = longestFirst.map((secret) => Array.from(secret, spellings).join('')).join('|');
  // In any letter case: parsers of header values put what they complain about into lower case.
  const anySecret = pattern === '' ? null : new RegExp(pattern, 'gi');
  return {
    appearIn: (body) => marks.some((mark) => body.includes(mark)),
    scrub: (text) => (anySecret === null ? text : text.replace(anySecret, '[redacted]')),
  };
}

/** What is nowhere by chance. */
function tellingForms({ login, password }: Login): string[] {
  const [, unpadded, urlSafe] = base64Forms(`${login}:${password}`);
  const telling = [unpadded, urlSafe, encodeURIComponent(unpadded)];
  if (password.length >= LEAST_TELLING_LENGTH)
    telling.push(JSON.stringify(password).slice(1, -1), encodeURIComponent(password));
  return telling;
}

function allForms({ login, password }: Login): string[] {
  const encoded = [login, password, `${login}:${password}`].flatMap((text) => [
    ...base64Forms(text),
    Buffer.from(text, 'utf8').toString('hex'),
  ]);
  return [login, password, ...encoded];
}

function base64Forms(text: string): [padded: string, unpadded: string, urlSafe: string] {
  const bytes = Buffer.from(text, 'utf8');
  const padded = bytes.toString('base64');
  return [padded, padded.replace(/=+$/, ''), bytes.toString('base64url')];
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
  const percent = Array.from(Buffer.from(character, 'utf8'), (byte) => `%${hex(byte, 2)}`).join('');
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const json = units.map((unit) => `\\\\u${hex(unit, 4)}`).join('');
  const codePoint = character.codePointAt(0) ?? 0;
  const xml = [`&#0*${codePoint};`, `&#x0*${hex(codePoint, 1)};`];
  const itself = character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  return `(?:${[...(NAMED[character] ?? []), percent, json, ...xml, itself].join('|')})`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
