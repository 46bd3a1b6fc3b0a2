import type { EventLog } from '../../calls/event-log.js';

const EVERY_MS = 60_000;

/** Writes a warning, at most one a minute of each kind, so that a long trouble does not fill the log. */
export type LimitedWarn = (kind: string, fields: object, message: string) => void;

/** `now` gives milliseconds from any start. Kinds must be few: each is remembered. */
export function createLimitedWarn(log: EventLog, now: () => number = () => performance.now()): LimitedWarn {
  const last = new Map<string, number>();
  return (kind, fields, message) => {
    const at = now();
    if (at - (last.get(kind) ?? -Infinity) < EVERY_MS) return;
    last.set(kind, at);
    log.warn(fields, message);
  };
}
