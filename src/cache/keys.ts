import { hash } from 'node:crypto';

/** Changes whenever the answers' JSON changes, so that a new release never serves what an old one stored. */
const SCHEMA = 'v1';

/**
 * Makes the key under which a call's entry is kept: `<prefix>:v1:<account>:<id>`. Everything that changes the answer is in it:
 * - the prefix tells this gateway's keys from whatever else uses the same Redis;
 * - the schema version tells releases apart whose answers differ;
 * - the account keeps calls fetched with one account's credentials from the callers of another;
 * - the id is the call.
 *
 * `account` is any text: it is escaped, so that no two accounts share a key. Keys are ASCII without white space.
 */
export function createKeyMaker({
  prefix,
  account,
}: {
  prefix: string;
  account: string;
}): (id: string) => string {
  const start = `${escapePrefix(prefix)}:${SCHEMA}:${encodeURIComponent(account)}:`;
  return (id) => start + id;
}

/**
 * Makes the key under which a consumer's requests are counted: `<prefix>:limit:<consumer>:<seconds>`. The length of the
 * window is in it, because a counter keeps the length with which it began. `consumer` is any text.
 */
export function createLimitKeyMaker(prefix: string): (consumer: string, seconds: number) => string {
  const start = `${escapePrefix(prefix)}:limit:`;
  return (consumer, seconds) => `${start}${encodeURIComponent(consumer)}:${seconds}`;
}

/** Colons may divide a prefix. */
function escapePrefix(prefix: string): string {
  return encodeURIComponent(prefix).replaceAll('%3A', ':');
}

/** Names the account for keys where the operator gave it no name: what is asked (base URL) and as whom (login). */
export function accountDigest(baseUrl: URL, login: string): string {
  const base = baseUrl.origin + baseUrl.pathname.replace(/\/+$/, '');
  return hash('sha256', `${base}\n${login}`, 'base64url').slice(0, 22);
}
