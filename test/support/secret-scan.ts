/** A secret that must not leave, and what it is called where one did. */
export interface Secret {
  readonly name: string;
  readonly text: string;
}

export interface Leak {
  readonly name: string;
  /** How it was spelled. */
  readonly form: string;
  /** Where, with what stands around it. */
  readonly where: string;
}

/** The secrets of a login: each half and both together, as they go over the wire. */
export function secretsOfLogin(name: string, login: string, password: string): readonly Secret[] {
  return [
    { name: `${name} login`, text: login },
    { name: `${name} password`, text: password },
    { name: `${name} login and password`, text: `${login}:${password}` },
  ];
}

type Spell = (text: string) => string;

const bytes: (encoding: BufferEncoding) => Spell = (encoding) => (text) =>
  Buffer.from(text, 'utf8').toString(encoding);
const percent = (pattern: RegExp): Spell => {
  const escape = (byte: string) => `%${Buffer.from(byte, 'latin1').toString('hex').toUpperCase()}`;
  return (text) => Buffer.from(text, 'utf8').toString('latin1').replace(pattern, escape);
};
const unicodeEscapes: Spell = (text) =>
  text.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const references = (write: (codePoint: number) => string): Spell => {
  return (text) => Array.from(text, (character) => write(character.codePointAt(0) ?? 0)).join('');
};
const named: Spell = (text) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');

/** Written without the gateway's own scrubbing, which it judges. */
const FORMS: Readonly<Record<string, Spell>> = {
  plain: (text) => text,
  'UTF-8 read as Latin-1': bytes('latin1'),
  'Base64 without padding': (text) => bytes('base64')(text).replace(/=+$/, ''),
  Base64URL: bytes('base64url'),
  'Base64, percent-encoded': (text) => encodeURIComponent(bytes('base64')(text).replace(/=+$/, '')),
  hex: bytes('hex'),
  'percent-encoded': encodeURIComponent,
  'percent-encoded throughout': percent(/[^]/g),
  'percent-encoded as little as may be': encodeURI,
  'percent-encoded as a form': (text) => new URLSearchParams([['', text]]).toString().slice(1),
  'escaped as JSON': (text) => JSON.stringify(text).slice(1, -1),
  'escaped as JSON twice': (text) => JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1),
  'escaped as JSON throughout': unicodeEscapes,
  'escaped as XML': named,
  'decimal references': references((codePoint) => `&#${codePoint};`),
  'hexadecimal references': references((codePoint) => `&#x${codePoint.toString(16)};`),
  'UTF-16, little-endian': (text) => Buffer.from(text, 'utf16le').toString('latin1'),
  'UTF-16, big-endian': (text) => Buffer.from(text, 'utf16le').swap16().toString('latin1'),
};

/**
 * Looks for secrets in all that leaves. Each in every form, in whatever letter case, and Base64 also from the middle of a
 * longer text. Texts are compared as they are and, for bytes that are no UTF-8, one character a byte.
 */
export class SecretScan {
  readonly #spellings: readonly { name: string; form: string; spelling: string }[];
  #scanned = 0;
  readonly #leaks: Leak[] = [];

  constructor(secrets: readonly Secret[]) {
    const found = new Map<string, { name: string; form: string; spelling: string }>();
    for (const { name, text } of secrets) {
      if (text.length < 6) throw new Error(`${name} is so short that it stands everywhere`);
      for (const [form, spell] of Object.entries(FORMS)) add(found, name, form, spell(text));
      for (const shift of [1, 2]) add(found, name, `Base64 at ${shift} of 3`, shifted(text, shift));
    }
    this.#spellings = [...found.values()];
  }

  /** How many characters have been looked at. */
  get scanned(): number {
    return this.#scanned;
  }

  /** What has been found since it was asked last. */
  take(): readonly Leak[] {
    return this.#leaks.splice(0);
  }

  /** `where` says what the text is. */
  look(where: string, text: string | Uint8Array): void {
    const seen = typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
    this.#scanned += seen.length;
    const lower = seen.toLowerCase();
    for (const { name, form, spelling } of this.#spellings) {
      const at = lower.indexOf(spelling);
      if (at === -1) continue;
      this.#leaks.push({ name, form, where: `${where}: ${seen.slice(Math.max(at - 60, 0), at + 60)}` });
    }
  }
}

function add(
  found: Map<string, { name: string; form: string; spelling: string }>,
  name: string,
  form: string,
  spelled: string,
): void {
  const spelling = spelled.toLowerCase();
  if (!found.has(spelling)) found.set(spelling, { name, form, spelling });
}

/** The Base64 of a text that begins so many bytes into a group of three, without the characters that others share. */
function shifted(text: string, shift: number): string {
  const length = Buffer.byteLength(text);
  const digits = Buffer.from(`${'x'.repeat(shift)}${text}`, 'utf8').toString('base64');
  const from = Math.ceil((shift * 8) / 6);
  return digits.slice(from, Math.floor(((shift + length) * 8) / 6));
}
