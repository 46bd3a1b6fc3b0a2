import type { EventLog } from '../calls/event-log.js';
import { createLineLimit } from '../calls/line-limit.js';
import { authorizationOf, createCredentials, type Credentials, type Login } from './credentials.js';

interface AccountCredentialsOptions {
  readonly current: Login;
  /** Tried where CallFire rejects the current one. */
  readonly next?: Login | undefined;
  /** Told of each switch; its lines should say which account it is. */
  readonly log: EventLog;
  /** Milliseconds of any origin; for the limit of lines. */
  readonly now?: (() => number) | undefined;
}

/** Which of an account's credentials, by the value of the `Authorization` header. */
type Ours = ReadonlyMap<string, 'current' | 'next'>;

/**
 * The credentials of one account, for all that asks CallFire on it: which are in use, and which are tried when CallFire
 * rejects those. They can be replaced at any time; requests under way lose nothing by it.
 */
export class AccountCredentials implements Credentials {
  readonly #log: EventLog;
  readonly #now: (() => number) | undefined;
  #logins: readonly Login[] = [];
  #ours: Ours = new Map();
  #inUse = '';
  #known = createCredentials([]);
  #mayLog = createLineLimit();

  constructor({ current, next, log, now }: AccountCredentialsOptions) {
    this.#log = log;
    this.#now = now;
    this.replace(current, next);
  }

  /** The value of the `Authorization` header that requests begin with. */
  get authorization(): string {
    return this.#inUse;
  }

  /** What a request that CallFire rejected with one value may be sent with once more. */
  other(rejected: string): string | undefined {
    // Another request has switched meanwhile, or the credentials have been replaced.
    if (rejected !== this.#inUse) return this.#inUse;
    return [...this.#ours.keys()].find((authorization) => authorization !== rejected);
  }

  /** CallFire answered what was sent with the value that `other` gave: if it took it, requests begin with it from now on. */
  answered(authorization: string, status: number): void {
    if (!isTaken(status) || !this.#isSwitch(authorization)) return;
    this.#use(authorization, authorization, 'CallFire takes the other one');
  }

  /** CallFire rejected what cannot be sent once more: later requests begin with the other credential, taken or not. */
  rejected(authorization: string): void {
    const other = this.other(authorization);
    if (other === undefined || !this.#isSwitch(other)) return;
    // One kind for both directions: where neither is taken, each such request switches.
    this.#use(other, 'untried', 'the other one is tried from now on');
  }

  /**
   * Others are in force at once for requests that begin from now on; those that were in use so far are still recognized,
   * until the next time. What is in use stays so where it is among the new ones.
   */
  replace(current: Login, next?: Login): void {
    const logins = next === undefined ? [current] : [current, next];
    const values = logins.map(authorizationOf);
    if (values.join() === this.#logins.map(authorizationOf).join()) return;
    const [first = ''] = values;
    const isCurrent = (value: string) => value === first;
    this.#ours = new Map(values.map((value) => [value, isCurrent(value) ? 'current' : 'next']));
    if (!this.#ours.has(this.#inUse)) this.#inUse = first;
    this.#known = createCredentials([...logins, ...this.#logins]);
    this.#logins = logins;
    this.#mayLog = createLineLimit(this.#now);
  }

  scrub(text: string): string {
    return this.#known.scrub(text);
  }

  appearIn(body: string): boolean {
    return this.#known.appearIn(body);
  }

  #isSwitch(authorization: string): boolean {
    return authorization !== this.#inUse && this.#ours.has(authorization);
  }

  #use(authorization: string, kind: string, outcome: string): void {
    const from = this.#ours.get(this.#inUse) ?? '';
    const to = this.#ours.get(authorization);
    this.#inUse = authorization;
    if (!this.#mayLog(kind)) return;
    const message = `CallFire rejects the ${from} credential of this account; ${outcome}.`;
    this.#log.warn({ audit: 'credential-switch', from, to }, message);
  }
}

/** Whether CallFire has dealt with a request: a 429 or a failure may come from something in front of it. */
function isTaken(status: number): boolean {
  return status >= 200 && status < 500 && status !== 401 && status !== 403 && status !== 429;
}
