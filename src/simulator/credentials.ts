import { exceptionAnswer, type Answer } from './answer.js';

/** Checks HTTP Basic credentials (RFC 7617): the scheme in any letter case, everything else exactly. */
export function createCredentialsCheck(
  login: string,
  password: string,
): (header: string | undefined) => boolean {
  const token = Buffer.from(`${login}:${password}`).toString('base64');
  const usual = `Basic ${token}`;
  return (header) =>
    header === usual || (header !== undefined && /^basic +(.*)$/i.exec(header)?.[1] === token);
}

export function unauthorizedAnswer(): Answer {
  const answer = exceptionAnswer(401, 'the login or the password is wrong');
  return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': 'Basic realm="CallFire API"' } };
}
