/**
 * The states that a call never leaves, by what is known of CallFire's API. The list has grown over the years, so a
 * state that is not on it counts as in progress.
 */
export const END_STATES: ReadonlySet<string> = new Set([
  'FINISHED',
  'DNC',
  'DUP',
  'INVALID',
  'TIMEOUT',
  'SKIPPED',
  'PERIOD_LIMIT',
  'RESTRICTED_NUMBER',
]);

export function isEndState(state: string): boolean {
  return END_STATES.has(state);
}
