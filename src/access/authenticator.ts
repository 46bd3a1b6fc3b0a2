import type { IncomingHttpHeaders } from 'node:http';
import type { Access } from '../config/access.js';
import { SCOPES, type Caller } from './caller.js';

export interface Authenticator {
  readonly identify: (headers: IncomingHttpHeaders) => Caller | Promise<Caller>;
}

export function createAuthenticator(access: Access): Authenticator {
  const open: Caller = {
    kind: 'open',
    name: 'open',
    account: access.accounts[0]?.name ?? '',
    scopes: new Set(SCOPES),
    limit: undefined,
    origins: undefined,
  };
  return { identify: () => open };
}
