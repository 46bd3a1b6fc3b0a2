import { randomBytes } from 'node:crypto';

const SANE = /^[A-Za-z0-9._:-]{1,128}$/;

// Unique across processes by the random part and within one by the count; cheaper than a UUID for each request.
const PROCESS = randomBytes(6).toString('hex');
let count = 0;

/** The caller's `X-Request-Id` where it is a sane token, otherwise a new one. */
export function requestId(sent: string | readonly string[] | undefined): string {
  if (typeof sent === 'string' && SANE.test(sent)) return sent;
  count += 1;
  return `${PROCESS}-${count}`;
}
