import { z } from 'zod';
import { unreadable } from '../secret-files.js';
import { parseFile } from './json-file.js';
import { baseUrl, isLoginLength, isPlain, LOGIN_TOO_LONG, name } from './fields.js';

/** What logs in at CallFire: its generated API login and password. */
export interface Login {
  readonly login: string;
  readonly password: string;
}

/** A CallFire account, with limits of its own. */
export interface AccountConfig {
  /** For consumers, operators, logs and metrics. */
  readonly name: string;
  /** What stands for the account in cache keys. */
  readonly keyName: string;
  readonly baseUrl: URL;
  readonly current: Login;
  /** Tried where CallFire rejects the current one. */
  readonly next: Login | undefined;
  readonly maxConcurrency: number;
}

interface ReadOptions {
  readonly path: string;
  readonly readFile: (path: string) => string;
  /** Of an account that says nothing of it. */
  readonly maxConcurrency: number;
}

const MOST_ACCOUNTS = 100;
const text = z.string({ error: 'must be a text' }).min(1, { error: 'must not be empty' });
const secret = text.refine(isLoginLength, { error: LOGIN_TOO_LONG });
const BAD_CONCURRENCY = { error: 'must be a whole number from 1 to 1024' };

const login = z
  .strictObject({
    login: secret.optional(),
    loginFile: text.optional(),
    password: secret.optional(),
    passwordFile: text.optional(),
  })
  .refine((it) => (it.login === undefined) !== (it.loginFile === undefined), {
    error: 'must have login or loginFile',
  })
  .refine((it) => (it.password === undefined) !== (it.passwordFile === undefined), {
    error: 'must have password or passwordFile',
  });

const account = z
  .strictObject({
    name,
    baseUrl: baseUrl.default(new URL('https://www.callfire.com/api/1.1/rest')),
    allowHttp: z.boolean({ error: 'must be true or false' }).default(false),
    current: login,
    next: login.optional(),
    maxConcurrency: z.int(BAD_CONCURRENCY).min(1, BAD_CONCURRENCY).max(1024, BAD_CONCURRENCY).optional(),
  })
  .refine((it) => it.allowHttp || !isPlain(it.baseUrl), {
    path: ['baseUrl'],
    error: 'must be https, as credentials travel on it (or set allowHttp)',
  });

const schema = z.strictObject({
  accounts: z
    .array(account, { error: 'must be a list' })
    .min(1, { error: 'must name at least one account' })
    .max(MOST_ACCOUNTS, { error: `must name at most ${MOST_ACCOUNTS} accounts` })
    .refine((all) => new Set(all.map((one) => one.name)).size === all.length, {
      error: 'must have each name once',
    }),
});

/** The accounts in `ACCOUNTS_FILE`, or what is wrong with it. A line each; never a value. */
export function readAccountsFile({ path, readFile, maxConcurrency }: ReadOptions): {
  accounts: readonly AccountConfig[];
  problems: readonly string[];
} {
  const { value, problems } = parseFile(path, readFile, schema);
  const found: string[] = [...problems];
  const resolve = (where: string, it: z.infer<typeof login>): Login => {
    const secret = (member: string, given: string | undefined, file: string | undefined): string => {
      if (given !== undefined || file === undefined) return given ?? '';
      try {
        const content = readFile(file).replace(/\r?\n$/, '');
        if (content === '') found.push(`${where}.${member} names a file that is empty`);
        if (!isLoginLength(content))
          found.push(`${where}.${member} names a file whose content ${LOGIN_TOO_LONG}`);
        return content;
      } catch (error) {
        found.push(`${where}.${member} ${unreadable(error)}`);
        return '';
      }
    };
    const resolved = {
      login: secret('loginFile', it.login, it.loginFile),
      password: secret('passwordFile', it.password, it.passwordFile),
    };
    if (resolved.login.includes(':')) found.push(`${where}.login must not hold a colon`);
    return resolved;
  };
  const accounts = (value?.accounts ?? []).map((one, index) => ({
    name: one.name,
    keyName: one.name,
    baseUrl: one.baseUrl,
    current: resolve(`accounts.${index}.current`, one.current),
    next: one.next && resolve(`accounts.${index}.next`, one.next),
    maxConcurrency: one.maxConcurrency ?? maxConcurrency,
  }));
  return { accounts, problems: found };
}
