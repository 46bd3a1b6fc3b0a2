import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisGuard } from '../../../../src/cache/redis/redis-guard.js';
import { until } from '../../../support/until.js';
import { RecordingLog } from '../../../support/recording-log.js';

const never = () => new Promise<string>(() => undefined);

/** An error reply, as ioredis gives it. */
const refusal = (message: string) => (): Promise<string> =>
  Promise.reject(Object.assign(new Error(message), { name: 'ReplyError' }));

describe('RedisGuard', () => {
  let log: RecordingLog;
  let pings: number;
  let ping: () => Promise<unknown>;
  let guard: RedisGuard;

  beforeEach(async () => {
    log = new RecordingLog();
    pings = 0;
    ping = () => Promise.resolve();
    const counted = () => {
      pings += 1;
      return ping();
    };
    guard = new RedisGuard({ ping: counted, timeoutMs: 20, log, at: 'redis:6379' });
    guard.probe();
    await until(() => guard.state() === 'up');
  });

  afterEach(() => {
    guard.close();
  });

  it('is down until a first PING is answered', () => {
    const fresh = new RedisGuard({ ping: never, timeoutMs: 20, log, at: '' });
    expect(fresh.state()).toBe('down');
  });

  it("passes on a command's reply", async () => {
    expect(await guard.run('get', () => Promise.resolve('value'))).toBe('value');
  });

  it('takes Redis as down after one command without an answer, and sends it nothing until a PING is answered', async () => {
    ping = never;
    expect(await guard.run('get', never)).toBeUndefined();
    expect(guard.state()).toBe('down');
    let sent = 0;
    const command = () => Promise.resolve((sent += 1));
    expect(await guard.run('get', command)).toBeUndefined();
    expect(sent).toBe(0);
  });

  it('comes up again by itself, one PING at a time', async () => {
    let answer: (() => void) | undefined;
    ping = () =>
      new Promise<void>((resolve) => {
        answer = resolve;
      });
    pings = 0;
    guard.trip('test');
    await until(() => answer !== undefined);
    guard.probe();
    guard.probe();
    expect(pings).toBe(1);
    ping = () => Promise.resolve();
    answer?.();
    await until(() => guard.state() === 'up');
    expect(await guard.run('get', () => Promise.resolve('value'))).toBe('value');
  });

  it('does not come up for a PING that took longer than a command may', async () => {
    let late: (() => void) | undefined;
    ping = () =>
      new Promise<void>((resolve) => {
        late = resolve;
      });
    guard.trip('test');
    await until(() => late !== undefined);
    const begun = performance.now();
    await until(() => performance.now() - begun > 25);
    ping = never;
    const before = pings;
    late?.();
    await until(() => pings > before);
    expect(guard.state()).toBe('down');
  });

  it.each(['OOM command not allowed', 'WRONGTYPE x', 'NOPERM x', 'READONLY x', 'ERR x'])(
    'lets the reply %j cost that command alone',
    async (message) => {
      expect(await guard.run('put', refusal(message))).toBeUndefined();
      expect(guard.state()).toBe('up');
    },
  );

  it.each(['LOADING x', 'MASTERDOWN x', 'NOAUTH x'])('takes %j for down', async (message) => {
    await guard.run('put', refusal(message));
    expect(guard.state()).toBe('down');
  });

  it('takes a broken connection for down', async () => {
    await guard.run('put', () => Promise.reject(new Error('Connection is closed.')));
    expect(guard.state()).toBe('down');
  });

  it('writes one line at each change, and one for many refusals of a kind', async () => {
    for (let i = 0; i < 100; i += 1) await guard.run('put', refusal('OOM secret'));
    await Promise.all(Array.from({ length: 100 }, () => guard.run('get', never)));
    await until(() => guard.state() === 'up');
    expect(log.messages('warn')).toHaveLength(2);
    expect(log.messages('info')).toHaveLength(2);
    expect(JSON.stringify(log.lines)).not.toContain('secret');
  });

  it('tells its listeners of each change', async () => {
    const states: string[] = [];
    guard.onChange((state) => states.push(state));
    guard.trip('test');
    guard.trip('test');
    await until(() => guard.state() === 'up');
    expect(states).toEqual(['down', 'up']);
  });

  it('stays down, without a word, after close', async () => {
    const before = log.lines.length;
    guard.close();
    guard.probe();
    expect(guard.state()).toBe('down');
    expect(await guard.run('get', () => Promise.resolve('value'))).toBeUndefined();
    expect(log.lines).toHaveLength(before);
  });
});
