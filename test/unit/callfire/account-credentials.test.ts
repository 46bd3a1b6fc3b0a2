import { describe, expect, it } from '@jest/globals';
import { AccountCredentials } from '../../../src/callfire/account-credentials.js';
import { authorizationOf, type Login } from '../../../src/callfire/credentials.js';
import { RecordingLog } from '../../support/recording-log.js';

const login = (name: string): Login => ({ login: `${name}-login`, password: `${name}-password` });
const [A, B, C, D] = ['ann', 'bob', 'cid', 'dan'].map(login) as [Login, Login, Login, Login];
const [a, b, c] = [A, B, C].map(authorizationOf) as [string, string, string];

function credentialsOf(current: Login, next?: Login) {
  const log = new RecordingLog();
  const clock = { now: 0 };
  const credentials = new AccountCredentials({ current, next, log, now: () => clock.now });
  return { credentials, log, clock };
}

describe('AccountCredentials', () => {
  it('begins with the current one', () => {
    expect(credentialsOf(A, B).credentials.authorization).toBe(a);
  });

  it('has the next one to try, and nothing where there is none or the same', () => {
    expect(credentialsOf(A, B).credentials.other(a)).toBe(b);
    expect(credentialsOf(A).credentials.other(a)).toBeUndefined();
    expect(credentialsOf(A, A).credentials.other(a)).toBeUndefined();
  });

  it('remembers which one CallFire takes, and says so once', () => {
    const { credentials, log } = credentialsOf(A, B);
    for (let times = 0; times < 32; times++) credentials.answered(b, 200);
    expect(credentials.authorization).toBe(b);
    expect(log.lines).toEqual([
      {
        level: 'warn',
        fields: { audit: 'credential-switch', from: 'current', to: 'next' },
        message: 'CallFire rejects the current credential of this account; CallFire takes the other one.',
      },
    ]);
  });

  it.each([404, 304, 400])('takes a %d for a sign that CallFire took it', (status) => {
    const { credentials } = credentialsOf(A, B);
    credentials.answered(b, status);
    expect(credentials.authorization).toBe(b);
  });

  it.each([401, 403, 429, 500, 503, 199])('does not take a %d for one', (status) => {
    const { credentials, log } = credentialsOf(A, B);
    credentials.answered(b, status);
    expect(credentials.authorization).toBe(a);
    expect(log.lines).toEqual([]);
  });

  it('goes back to the current one when that is what CallFire takes', () => {
    const { credentials, log } = credentialsOf(A, B);
    credentials.answered(b, 200);
    expect(credentials.other(b)).toBe(a);
    credentials.answered(a, 200);
    expect(credentials.authorization).toBe(a);
    expect(log.lines[1]).toMatchObject({ fields: { from: 'next', to: 'current' } });
  });

  it('gives a request that was rejected late what others have found out meanwhile', () => {
    const { credentials } = credentialsOf(A, B);
    credentials.answered(b, 200);
    expect(credentials.other(a)).toBe(b);
  });

  it('does not go on with what is not its own', () => {
    const { credentials, log } = credentialsOf(A, B);
    credentials.answered(c, 200);
    expect(credentials.authorization).toBe(a);
    expect(log.lines).toEqual([]);
  });

  it('turns to the other one after what cannot be sent again, once for all that were rejected together', () => {
    const { credentials, log } = credentialsOf(A, B);
    for (let times = 0; times < 8; times++) credentials.rejected(a);
    expect(credentials.authorization).toBe(b);
    expect(log.lines).toMatchObject([{ fields: { from: 'current', to: 'next' } }]);
    expect(log.lines[0]?.message).toContain('is tried from now on');
  });

  it('has nothing to turn to with only one', () => {
    const { credentials, log } = credentialsOf(A);
    credentials.rejected(a);
    expect(credentials.authorization).toBe(a);
    expect(log.lines).toEqual([]);
  });

  it('tries two that are both rejected in turn, with one line a minute', () => {
    const { credentials, log, clock } = credentialsOf(A, B);
    const used = new Set<string>();
    for (let times = 0; times < 100; times++) {
      used.add(credentials.authorization);
      credentials.rejected(credentials.authorization);
    }
    expect(used).toEqual(new Set([a, b]));
    expect(log.lines).toHaveLength(1);
    clock.now = 60_000;
    credentials.rejected(credentials.authorization);
    expect(log.lines).toHaveLength(2);
  });

  it('never shows a credential to the log', () => {
    const { credentials, log } = credentialsOf(A, B);
    credentials.answered(b, 200);
    credentials.rejected(b);
    credentials.replace(C, D);
    expect(log.lines).toHaveLength(2);
    expect(JSON.stringify(log.lines)).not.toMatch(/ann|bob|cid|dan|Basic/);
  });
});

describe('AccountCredentials.replace', () => {
  it('puts others in force at once, and gives them to requests that the old ones failed', () => {
    const { credentials } = credentialsOf(A, B);
    credentials.replace(C);
    expect(credentials.authorization).toBe(c);
    expect(credentials.other(a)).toBe(c);
    expect(credentials.other(c)).toBeUndefined();
  });

  it('stays with the one in use where that is still there', () => {
    const { credentials } = credentialsOf(A, B);
    credentials.answered(b, 200);
    credentials.replace(B, C);
    expect(credentials.authorization).toBe(b);
    credentials.replace(D, B);
    expect(credentials.authorization).toBe(b);
  });

  it('changes nothing where nothing has changed', () => {
    const { credentials, log } = credentialsOf(A, B);
    credentials.answered(b, 200);
    credentials.replace({ ...A }, { ...B });
    expect(credentials.authorization).toBe(b);
    expect(log.lines).toHaveLength(1);
  });

  it('tells of a switch between the new ones, however short after one between the old', () => {
    const { credentials, log } = credentialsOf(A, B);
    credentials.answered(b, 200);
    credentials.replace(B, C);
    credentials.answered(c, 200);
    expect(log.lines).toHaveLength(2);
  });

  it('still recognizes what was in force before, until the next time', () => {
    const { credentials } = credentialsOf(A, B);
    const seen = (one: Login) => [
      credentials.scrub(`it is ${one.password}`),
      credentials.appearIn(authorizationOf(one).slice(6)),
    ];
    expect([seen(A), seen(B)]).toEqual(Array(2).fill(['it is [redacted]', true]));
    expect(seen(C)).toEqual(['it is cid-password', false]);
    credentials.replace(C);
    expect([seen(A), seen(B), seen(C)]).toEqual(Array(3).fill(['it is [redacted]', true]));
    credentials.replace(C);
    expect(seen(A)).toEqual(['it is [redacted]', true]);
    credentials.replace(D);
    expect([seen(C), seen(D)]).toEqual(Array(2).fill(['it is [redacted]', true]));
    expect(seen(A)).toEqual(['it is ann-password', false]);
  });
});
