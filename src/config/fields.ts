import { isIP } from 'node:net';
import proxyAddress from 'proxy-addr';
import { z } from 'zod';

/** The kinds of values that variables and files hold. Messages follow the name of what they are about and repeat no value. */

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Whether a host name or address, of a URL or of a socket, is this machine's alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Whether what is sent there can be read on its way. */
export function isPlain({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !isLoopback(hostname);
}

const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/** An address, a CIDR range, or a name that proxy-addr has for some. */
export function isTrustRange(text: string): boolean {
  // proxy-addr takes `1` for 0.0.0.1, but whoever writes that means a number of proxies.
  if (!NAMED_RANGES.includes(text) && isIP(text.split('/', 1)[0] ?? '') === 0) return false;
  try {
    proxyAddress.compile(text);
    return true;
  } catch {
    return false;
  }
}

export function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** A whole number in digits. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);

/** A number from 0 to 1. */
export const share = (initial: number) =>
  z
    .string()
    .refine((text) => /^(0(\.\d+)?|1(\.0+)?)$/.test(text), { error: 'must be a number from 0 to 1' })
    .transform(Number)
    .default(initial);

export const flag = (initial: 'true' | 'false') =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default(initial)
    .transform((text) => text === 'true');

export const list = (initial: string) =>
  z
    .string()
    .default(initial)
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    );

/** A name that is safe in keys, paths, metrics and log lines. */
export const name = z
  .string({ error: 'must be a text' })
  .regex(/^[A-Za-z0-9._-]{1,64}$/, { error: 'must be 1 to 64 of A-Z a-z 0-9 . _ -' });

const MOST_LOGIN_CHARACTERS = 256;

/** Longer than any login or password that CallFire generates. */
export const isLoginLength = (text: string): boolean => text.length <= MOST_LOGIN_CHARACTERS;

export const LOGIN_TOO_LONG = `must be at most ${MOST_LOGIN_CHARACTERS} characters`;

/** What can be listened on. */
export const host = z.string().regex(/^[A-Za-z0-9.:_%-]+$/, {
  error: 'must be an address or a host name of this machine, without a port',
});

/** `<requests>/<seconds>`. */
export const rateLimit = z
  .string()
  .regex(/^[1-9]\d{0,8}\/[1-9]\d{0,4}$/, {
    error: 'must be requests/seconds, such as 600/60 (seconds up to 86400)',
  })
  .transform((text) => {
    const [requests = 0, seconds = 0] = text.split('/').map(Number);
    return { requests, seconds };
  })
  .refine(({ seconds }) => seconds <= 86_400, { error: 'must be for at most 86400 seconds' });

const httpUrlAs = (convert: (text: string) => string) =>
  z
    .string({ error: 'must be a text' })
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
      error: 'must be an http(s) URL',
    })
    .transform((text) => new URL(convert(text)))
    .refine((url) => url.username === '' && url.password === '', { error: 'must not hold credentials' });

/** To which paths are added: without a slash at its end. */
export const httpUrl = httpUrlAs((text) => text.replace(/\/+$/, ''));

/** Where CallFire is; the path is kept without a slash at its end. */
export const baseUrl = httpUrl.refine((url) => url.search === '' && url.hash === '', {
  error: 'must not have a query or a fragment',
});

/** Where something is fetched from that must be believed; exactly as it is given. */
export const trustedUrl = httpUrlAs((text) => text).refine((url) => !isPlain(url), {
  error: 'must be https, as what it answers is trusted (plain http only to loopback)',
});
