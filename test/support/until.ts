import { setTimeout as pause } from 'node:timers/promises';

/** Resolves as soon as the condition holds; rejects if it has not come to hold within `withinMs`. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline)
      throw new Error(`Still not so after ${withinMs} ms: ${condition.toString()}`);
    await pause(5);
  }
}
