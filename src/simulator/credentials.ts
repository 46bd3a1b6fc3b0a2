import { exceptionAnswer, type Answer } from './answer.js';
import { listOf, matching, object, text } from './checks.js';

/** What logs in. */
export interface Login {
  readonly login: string;
  readonly password: string;
}

const LOGINS = listOf(
  object<Login>({ login: matching(/^[^:]*$/, 'a string without a colon'), password: text }, [
    'login',
    'password',
  ]),
);

/** @throws TypeError with one line that names what is wrong. */
export function assertLogins(value: unknown): asserts value is readonly Login[] {
  const complaint = LOGINS(value, 'credentials');
  if (complaint !== undefined) throw new TypeError(complaint);
}

/** Who may enter, by HTTP Basic credentials (RFC 7617): the scheme in any letter case, everything else exactly. */
export class CredentialBook {
  private usual: ReadonlySet<string> = new Set();

  /** @throws TypeError for what cannot be a login. */
  constructor(logins: readonly Login[]) {
    this.set(logins);
  }

  /** From now on these and no others. @throws TypeError for what cannot be a login. */
  set(logins: readonly Login[]): void {
    assertLogins(logins);
    const tokenOf = ({ login, password }: Login) => Buffer.from(`${login}:${password}`).toString('base64');
    this.usual = new Set(logins.map((one) => `Basic ${tokenOf(one)}`));
  }

  mayEnter(header: string | undefined): boolean {
    if (header === undefined) return false;
    return this.usual.has(header) || this.usual.has(header.replace(/^basic +/i, 'Basic '));
  }
}

export function unauthorizedAnswer(): Answer {
  const answer = exceptionAnswer(401, 'the login or the password is wrong');
  return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': 'Basic realm="CallFire API"' } };
}
