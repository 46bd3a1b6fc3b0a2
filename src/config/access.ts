import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { RateLimit } from '../access/caller.js';
import { accountDigest } from '../cache/keys.js';
import type { Variables } from '../config.js';
import type { Environment } from '../secret-files.js';
import { readAccountsFile, type AccountConfig } from './accounts-file.js';
import { readConsumersFile, type ConsumerConfig } from './consumers-file.js';
import { isLoopback } from './fields.js';
import { parseFile } from './json-file.js';

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

/** Which JWTs are believed, and what they say. */
export interface TokenConfig {
  /** The issuer's public keys: where they are fetched, or what `AUTH_JWKS_FILE` holds. */
  readonly keys: URL | JSONWebKeySet;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly clockSkewSeconds: number;
  readonly accountClaim: string;
  readonly scopeClaim: string;
  /** Of each subject. */
  readonly limit: RateLimit | undefined;
}

/** The account's name where the operator gave it none. */
const ONLY_ACCOUNT = 'default';

/** RFC 7518 section 6: with these a key can sign, and whoever reads this file could make tokens. */
const isPublic = (jwk: Readonly<Record<string, unknown>>) => !('d' in jwk) && !('k' in jwk);

const jwksSchema = z.object({
  keys: z
    .array(
      z
        .record(z.string(), z.unknown(), { error: 'must be a JWK' })
        .refine(isPublic, { error: 'must be a public key' }),
      { error: 'must be a list' },
    )
    .min(1, { error: 'must hold at least one key' }),
});

/** With one of these, somebody has to say who they are. */
const ASKING = ['CONSUMERS_FILE', 'AUTH_JWKS_URL', 'AUTH_JWKS_FILE'];

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

/** Reads what the variables name, and checks it against each other. `values` are the variables as they were set. */
export function readAccess(
  variables: Variables,
  values: Environment,
  readFile: (path: string) => string,
): { value: Access; problems: readonly string[] } {
  const problems: string[] = [];
  const files = new Set(secretFiles(values));
  const read = (path: string) => {
    files.add(path);
    return readFile(path);
  };
  const report = (variable: string, found: readonly string[]) =>
    void problems.push(...found.map((problem) => `${variable} ${problem}`));

  const accounts = accountsOf(variables, values, read, report);
  const consumers = consumersOf(variables, read, report);
  const tokens = tokensOf(variables, values, read, report);
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

type Read = (path: string) => string;
type Report = (variable: string, problems: readonly string[]) => void;

function accountProblems(consumers: readonly ConsumerConfig[], names: ReadonlySet<string>): string[] {
  return consumers.flatMap(({ name, account }) => {
    if (account === undefined)
      return names.size > 1 ? [`consumers.${name} must say which account, as there are several`] : [];
    return names.has(account) ? [] : [`consumers.${name} names an account that does not exist`];
  });
}

function accountsOf(
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

function consumersOf({ CONSUMERS_FILE: path }: Variables, read: Read, report: Report) {
  if (path === undefined) return undefined;
  const { consumers, problems } = readConsumersFile(path, read);
  report('CONSUMERS_FILE', problems);
  return consumers;
}

function tokensOf(
  variables: Variables,
  values: Environment,
  read: Read,
  report: Report,
): TokenConfig | undefined {
  const { AUTH_JWKS_URL: url, AUTH_JWKS_FILE: path } = variables;
  if (url === undefined && path === undefined) {
    for (const variable of ['AUTH_JWT_ISSUER', 'AUTH_JWT_AUDIENCE'] as const)
      if (variables[variable] !== undefined && values['AUTH_JWKS_URL'] === undefined)
        report(variable, ['is set without AUTH_JWKS_URL or AUTH_JWKS_FILE, so no token would be taken']);
    return undefined;
  }
  if (url !== undefined && path !== undefined)
    report('AUTH_JWKS_URL', ['is set beside AUTH_JWKS_FILE; set one']);
  const { AUTH_JWT_ISSUER: issuer, AUTH_JWT_AUDIENCE: audience } = variables;
  const missing = [
    'is required beside AUTH_JWKS_URL or AUTH_JWKS_FILE, or any token of that issuer would do',
  ];
  if (issuer === undefined) report('AUTH_JWT_ISSUER', missing);
  if (audience === undefined) report('AUTH_JWT_AUDIENCE', missing);
  const file = path === undefined ? undefined : parseFile(path, read, jwksSchema);
  report('AUTH_JWKS_FILE', file?.problems ?? []);
  return {
    keys: url ?? file?.value ?? { keys: [] },
    issuer: issuer ?? '',
    audience: audience ?? '',
    algorithms: variables.AUTH_JWT_ALGORITHMS,
    clockSkewSeconds: variables.AUTH_JWT_CLOCK_SKEW_SECONDS,
    accountClaim: variables.AUTH_JWT_ACCOUNT_CLAIM,
    scopeClaim: variables.AUTH_JWT_SCOPE_CLAIM,
    limit: variables.RATE_LIMIT,
  };
}

/** The files that hold single secrets: they may change like the others. */
function secretFiles(values: Environment): string[] {
  return Object.entries(values)
    .filter(([variable]) => /^CALLFIRE_\w+_FILE$/.test(variable))
    .flatMap(([, path]) => (path === undefined ? [] : [path]));
}
