import { createRedaction } from './redaction.js';

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
  const known = logins.map(wellFormed);
  const marks = [...new Set(known.flatMap(tellingForms))].map((text) =>
    Buffer.from(text, 'utf8').toString('latin1'),
  );
  return {
    appearIn: (body) => marks.some((mark) => body.includes(mark)),
    scrub: createRedaction(known.flatMap(allForms)),
  };
}

/** As they are sent: half of a surrogate pair cannot be. */
function wellFormed({ login, password }: Login): Login {
  const sent = (text: string) => Buffer.from(text, 'utf8').toString('utf8');
  return { login: sent(login), password: sent(password) };
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
  // Node reads the values of headers as Latin-1.
  const asHeaders = [login, password].map((text) => Buffer.from(text, 'utf8').toString('latin1'));
  return [login, password, ...asHeaders, ...encoded];
}

function base64Forms(text: string): [padded: string, unpadded: string, urlSafe: string] {
  const bytes = Buffer.from(text, 'utf8');
  const padded = bytes.toString('base64');
  return [padded, padded.replace(/=+$/, ''), bytes.toString('base64url')];
}
