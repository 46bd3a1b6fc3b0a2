import type { EventLog } from '../calls/event-log.js';
import { createLineLimit } from '../calls/line-limit.js';
import type { ErrorCode, GatewayError } from '../errors.js';

/** What operators are told; the failures that are missing here are not theirs to mend. */
const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  'upstream-credentials-rejected':
    'CallFire rejects the credentials of this account. Check CALLFIRE_LOGIN and CALLFIRE_PASSWORD, or current and next in ACCOUNTS_FILE.',
  'upstream-unreachable':
    'CallFire cannot be reached. Check CALLFIRE_BASE_URL, or baseUrl in ACCOUNTS_FILE, and the network.',
  'upstream-error': 'CallFire fails.',
  'upstream-invalid-response': 'CallFire answers what is not a valid call document.',
  'upstream-timeout': 'CallFire does not answer within UPSTREAM_TIMEOUT_MS.',
  'upstream-rate-limited': 'CallFire limits the rate.',
};

export type FailureReport = (error: GatewayError) => void;

/**
 * Logs why CallFire could not be used, once a minute at most for each kind. `log` is the account's: its lines should say
 * which one it is. `now` in milliseconds.
 */
export function createFailureReport(log: EventLog, now?: () => number): FailureReport {
  const mayLog = createLineLimit(now);
  return ({ code, upstream, message, cause }) => {
    const advice = ADVICE[code];
    if (advice === undefined || !mayLog(code)) return;
    const reason = cause instanceof Error ? cause.message : message;
    if (code === 'upstream-credentials-rejected') log.error({ code, upstream }, advice);
    else log.warn({ code, upstream, reason }, advice);
  };
}
