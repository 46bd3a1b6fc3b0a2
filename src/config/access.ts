import type { Environment } from '../secret-files.js';
import type { AccountConfig } from './accounts-file.js';
import { readAccounts } from './accounts.js';
import { readConsumersFile, type ConsumerConfig } from './consumers-file.js';
import { isLoopback } from './fields.js';
import type { Read, Report } from './json-file.js';
import type { Variables } from './schema.js';
import { readTokens, type TokenConfig } from './tokens.js';

/** Who may ask, on which accounts. All of it can be read again while the gateway runs. */
export interface Access {
  /** At least one. */
  readonly accounts: readonly AccountConfig[];
  /** Undefined where no key is asked for. */
  readonly consumers: readonly ConsumerConfig[] | undefined;
  /** Undefined where no token is taken. */
  readonly tokens: TokenConfig | undefined;
  /** Nobody has to say who they are. */
  readonly open: boolean;
  /** The files that were read, to be watched. */
  readonly files: readonly string[];
}

/** With one of these, somebody has to say who they are. */
const ASKING = ['CONSUMERS_FILE', 'AUTH_JWKS_URL', 'AUTH_JWKS_FILE'];

/** Reads what the variables name, and checks it against each other. `values` are the variables as they were set. */
export function readAccess(
  variables: Variables,
  values: Environment,
  readFile: Read,
): { value: Access; problems: readonly string[] } {
  const problems: string[] = [];
  const files = new Set(secretFiles(values));
  const read: Read = (path) => {
    files.add(path);
    return readFile(path);
  };
  const report: Report = (variable, found) =>
    void problems.push(...found.map((problem) => `${variable} ${problem}`));

  const accounts = readAccounts(variables, values, read, report);
  const consumers = consumersOf(variables, read, report);
  const tokens = readTokens(variables, values, read, report);
  // By what was set, whether or not it is usable: a wrong URL does not open the gateway.
  const open = ASKING.every((variable) => values[variable] === undefined);
  if (variables.AUTH === 'none' && !open)
    report('AUTH', ['is none beside CONSUMERS_FILE or AUTH_JWKS_…; choose one']);
  if (open && values['AUTH'] === undefined && !isLoopback(variables.HOST))
    report('HOST', [
      'must be loopback while anybody may ask: set CONSUMERS_FILE or AUTH_JWKS_URL, or say AUTH=none',
    ]);
  const names = new Set(accounts.map(({ name }) => name));
  if (open && names.size > 1)
    report('ACCOUNTS_FILE', [
      'names several accounts, and without consumers or tokens nobody can choose one',
    ]);
  // Where the accounts themselves are wrong, nothing can be said about who uses which.
  if (names.size > 0) report('CONSUMERS_FILE', accountProblems(consumers ?? [], names));
  return { value: { accounts, consumers, tokens, open, files: [...files] }, problems };
}

function accountProblems(consumers: readonly ConsumerConfig[], names: ReadonlySet<string>): string[] {
  return consumers.flatMap(({ name, account }) => {
    if (account === undefined)
      return names.size > 1 ? [`consumers.${name} must say which account, as there are several`] : [];
    return names.has(account) ? [] : [`consumers.${name} names an account that does not exist`];
  });
}

function consumersOf({ CONSUMERS_FILE: path }: Variables, read: Read, report: Report) {
  if (path === undefined) return undefined;
  const { consumers, problems } = readConsumersFile(path, read);
  report('CONSUMERS_FILE', problems);
  return consumers;
}

/** The files that hold single secrets: they may change like the others. */
function secretFiles(values: Environment): string[] {
  return Object.entries(values)
    .filter(([variable]) => /^CALLFIRE_\w+_FILE$/.test(variable))
    .flatMap(([, path]) => (path === undefined ? [] : [path]));
}
