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
  const start = `${encodeURIComponent(prefix).replaceAll('%3A', ':')}:${SCHEMA}:${encodeURIComponent(account)}:`;
  return (id) => start + id;
}

/** Names the account for keys where the operator gave it no name: what is asked (base URL) and as whom (login). */
export function accountDigest(baseUrl: URL, login: string): string {
  const base = baseUrl.origin + baseUrl.pathname.replace(/\/+$/, '');
  return hash('sha256', `${base}\n${login}`, 'base64url').slice(0, 22);
}
