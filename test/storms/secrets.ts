import { authorizationOf, type Login } from '../../src/callfire/credentials.js';
import type { Dice } from './dice.js';
import { ACCOUNTS, type Account } from './versions.js';

export const LOGINS: Readonly<Record<Account, Login>> = {
  north: { login: 'n0rthern-login', password: 'p&ss<n>/w0rd 50%' },
  south: { login: 's0uthern-login', password: 'q"ote+s/3cret' },
};

function each<T>(make: (account: Account) => T): Readonly<Record<Account, T>> {
  return { north: make('north'), south: make('south') };
}

export const AUTHORIZATIONS = each((account) => authorizationOf(LOGINS[account]));

/** Who a request at CallFire comes from. */
export function accountOf(authorization: unknown): Account {
  const account = ACCOUNTS.find((name) => AUTHORIZATIONS[name] === authorization);
  if (account === undefined) throw new Error('CallFire was asked with credentials that nobody has');
  return account;
}

/** What must never leave: login, password and both together, as people and programs spell them. */
const SPELLINGS = each((account) => {
  const { login, password } = LOGINS[account];
  const pair = `${login}:${password}`;
  const base64 = Buffer.from(pair).toString('base64');
  return [
    login,
    password,
    base64.replace(/=+$/, ''),
    encodeURIComponent(base64),
    Buffer.from(pair).toString('base64url'),
    Buffer.from(password).toString('base64').replace(/=+$/, ''),
    encodeURIComponent(password),
    new URLSearchParams([['', password]]).toString().slice(1),
    JSON.stringify(password).slice(1, -1),
    password.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  ];
});

const ALL = ACCOUNTS.flatMap((account) => SPELLINGS[account]);

/** The first secret in a text. Written without the gateway's own scrubbing, which it judges. */
export function secretIn(text: string): string | undefined {
  return ALL.find((secret) => text.includes(secret));
}

/** What a careless upstream or library might say: one spelling. */
export function echo(account: Account, dice: Dice): string {
  return `nothing for ${SPELLINGS[account][dice.whole(0, SPELLINGS[account].length - 1)]}`;
}
