import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** `cfgw_`, 256 random bits, CRC-32 of what stands before it: by those secret scanners tell a key from what only looks like one. */
const PREFIX = 'cfgw_';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** So many base62 digits hold 256 bits, and so many 32. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

export const API_KEY_LENGTH = PREFIX.length + SECRET_LENGTH + CHECKSUM_LENGTH;

/** A new key. To be shown once, and kept as its hash. */
export function createApiKey(): string {
  const secret = BigInt(`0x${randomBytes(32).toString('hex')}`);
  const key = PREFIX + base62(secret, SECRET_LENGTH);
  return key + base62(BigInt(crc32(key)), CHECKSUM_LENGTH);
}

/** What is kept of a key: SHA-256 in lower-case hex. Neither salt nor rounds, as nobody can guess 256 random bits. */
export function hashApiKey(key: string): string {
  return hash('sha256', key, 'hex');
}

function base62(value: bigint, length: number): string {
  let digits = '';
  for (let rest = value; digits.length < length; rest /= 62n)
    digits = DIGITS.charAt(Number(rest % 62n)) + digits;
  return digits;
}
