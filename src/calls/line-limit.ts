const EVERY_MS = 60_000;

/** Whether a log line of this kind may be written now. */
type LineLimit = (kind: string) => boolean;

/**
 * At most one line a minute of each kind, so that a long trouble does not fill the log. Kinds must be few: each is
 * remembered. `now` gives milliseconds from any start.
 */
export function createLineLimit(now: () => number = () => performance.now()): LineLimit {
  const last = new Map<string, number>();
  return (kind) => {
    const at = now();
    if (at - (last.get(kind) ?? -Infinity) < EVERY_MS) return false;
    last.set(kind, at);
    return true;
  };
}
