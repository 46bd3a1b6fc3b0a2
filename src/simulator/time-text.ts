const DAY_MS = 86_400_000;
let day = { startMs: NaN, text: '' };

/** Milliseconds since the epoch as CallFire's samples show times: UTC, whole seconds. */
export function timeText(ms: number): string {
  // One call's times are mostly of one day, and Date is slow at this.
  const startMs = ms - (ms % DAY_MS);
  if (startMs !== day.startMs) day = { startMs, text: new Date(startMs).toISOString().slice(0, 11) };
  const seconds = Math.floor((ms - startMs) / 1000);
  return `${day.text}${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}Z`;
}

function two(value: number): string {
  return value < 10 ? `0${Math.floor(value)}` : String(Math.floor(value));
}
