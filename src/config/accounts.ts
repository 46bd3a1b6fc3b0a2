import { accountDigest } from '../cache/keys.js';
import type { Environment } from '../secret-files.js';
import { readAccountsFile, type AccountConfig } from './accounts-file.js';
import type { Read, Report } from './json-file.js';
import type { Variables } from './schema.js';

/** The account's name where the operator gave it none. */
const ONLY_ACCOUNT = 'default';

/** What the accounts file says itself, for each account. */
const OF_ONE_ACCOUNT = [
  'CALLFIRE_LOGIN',
  'CALLFIRE_PASSWORD',
  'CALLFIRE_NEXT_LOGIN',
  'CALLFIRE_NEXT_PASSWORD',
  'CALLFIRE_BASE_URL',
  'CALLFIRE_ALLOW_HTTP',
  'CALLFIRE_ACCOUNT',
];

/** The accounts of the file, or the one that the variables describe; none where they are wrong. */
export function readAccounts(
  variables: Variables,
  values: Environment,
  read: Read,
  report: Report,
): readonly AccountConfig[] {
  const { ACCOUNTS_FILE: path, CALLFIRE_LOGIN: login, CALLFIRE_PASSWORD: password } = variables;
  const { UPSTREAM_MAX_CONCURRENCY: maxConcurrency } = variables;
  if (path !== undefined) {
    const beside = OF_ONE_ACCOUNT.filter((variable) => values[variable] !== undefined);
    if (beside.length > 0)
      report('ACCOUNTS_FILE', [`is set beside ${beside.join(', ')}, which belongs into it; set one`]);
    const { accounts, problems } = readAccountsFile({ path, readFile: read, maxConcurrency });
    report('ACCOUNTS_FILE', problems);
    return accounts;
  }
  const { CALLFIRE_NEXT_LOGIN: nextLogin, CALLFIRE_NEXT_PASSWORD: nextPassword } = variables;
  const { CALLFIRE_BASE_URL: baseUrl, CALLFIRE_ACCOUNT: name } = variables;
  if (nextLogin !== undefined && nextPassword === undefined)
    report('CALLFIRE_NEXT_PASSWORD', ['is required beside CALLFIRE_NEXT_LOGIN']);
  if (login === undefined || password === undefined) return [];
  // A new password for the same login is the usual way to rotate.
  const next = nextPassword === undefined ? undefined : { login: nextLogin ?? login, password: nextPassword };
  const keyName = name ?? accountDigest(baseUrl, login);
  return [
    { name: name ?? ONLY_ACCOUNT, keyName, baseUrl, current: { login, password }, next, maxConcurrency },
  ];
}
