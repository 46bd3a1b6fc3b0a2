import { describe, expect, it } from '@jest/globals';
import { createFailureReport } from '../../../src/callfire/failure-report.js';
import { GatewayError, type ErrorCode } from '../../../src/errors.js';
import { RecordingLog } from '../../support/recording-log.js';

function reporting() {
  const log = new RecordingLog();
  const clock = { now: 0 };
  const report = createFailureReport(log, () => clock.now);
  return {
    log,
    clock,
    fail: (code: ErrorCode, cause?: Error) => {
      report(new GatewayError(code, 'why', { cause }));
    },
  };
}

describe('createFailureReport', () => {
  it('says what is wrong, once a minute for each kind', () => {
    const { log, clock, fail } = reporting();
    for (let i = 0; i < 100; i += 1) fail('upstream-unreachable', new Error('ECONNREFUSED'));
    fail('upstream-timeout');
    expect(log.lines).toHaveLength(2);
    expect(log.lines[0]).toMatchObject({
      level: 'warn',
      fields: { code: 'upstream-unreachable', reason: 'ECONNREFUSED' },
    });
    clock.now = 60_000;
    fail('upstream-unreachable');
    expect(log.lines[2]).toMatchObject({ fields: { reason: 'why' } });
  });

  it('names the one time limit that there is', () => {
    const { log, fail } = reporting();
    fail('upstream-timeout');
    expect(log.lines[0]?.message).toBe('CallFire does not answer within UPSTREAM_TIMEOUT_MS.');
  });

  it('takes rejected credentials for an error', () => {
    const { log, fail } = reporting();
    fail('upstream-credentials-rejected');
    expect(log.lines).toMatchObject([{ level: 'error' }]);
  });

  it.each(['call-not-found', 'upstream-rejected', 'upstream-unavailable', 'overloaded'] as const)(
    'says nothing of %s',
    (code) => {
      const { log, fail } = reporting();
      fail(code);
      expect(log.lines).toEqual([]);
    },
  );
});
