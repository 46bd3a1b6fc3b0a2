import { describe, expect, it } from '@jest/globals';
import { createLimitedWarn } from '../../../../src/cache/redis/log-limit.js';
import { RecordingLog } from '../../../support/recording-log.js';

describe('createLimitedWarn', () => {
  it('writes one line a minute of each kind', () => {
    const log = new RecordingLog();
    let now = 0;
    const warn = createLimitedWarn(log, () => now);
    for (; now < 120_000; now += 1_000) {
      warn('OOM', {}, 'full');
      warn('NOPERM', {}, 'not allowed');
    }
    expect(log.messages('warn')).toEqual(['full', 'not allowed', 'full', 'not allowed']);
  });
});
