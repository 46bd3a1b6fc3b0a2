import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DeadlineError, within } from '../../../../src/cache/redis/within.js';

describe('within', () => {
  it('settles like the promise that is in time', async () => {
    await expect(within(1_000, Promise.resolve('value'))).resolves.toBe('value');
    await expect(within(1_000, Promise.reject(new Error('reason')))).rejects.toThrow('reason');
  });

  it('rejects when the time is over', async () => {
    await expect(within(1, new Promise(() => undefined))).rejects.toBeInstanceOf(DeadlineError);
  });

  it('takes an answer that came in time but could not be read because the process was busy', async () => {
    const echo = spawn('cat');
    try {
      echo.stdin.write('ready?');
      await once(echo.stdout, 'data');
      echo.stdin.write('answer');
      const answer = within(20, once(echo.stdout, 'data'));
      const busyUntil = performance.now() + 60;
      while (performance.now() < busyUntil);
      expect(String(await answer)).toBe('answer');
    } finally {
      echo.kill();
    }
  });
});
