import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../../../src/callfire/connection/deadline.js';
import { withRetries } from '../../../../src/callfire/connection/retry.js';
import type { Failure, Outcome } from '../../../../src/callfire/connection/upstream-request.js';

let deadline: Deadline;

beforeEach(() => {
  deadline = new Deadline(60_000);
});
afterEach(() => {
  deadline.clear();
});

function answer(status: number, retryAfter?: string): Outcome {
  return { kind: 'answer', status, headers: { 'retry-after': retryAfter }, body: Buffer.alloc(0) };
}

/** Attempts that come out like this, one after the other, the last again and again. */
async function attemptsOver(outcomes: Outcome[], random = 0): Promise<{ attempts: number; last: Outcome }> {
  let attempts = 0;
  const attempt = (): Promise<Outcome> =>
    Promise.resolve(outcomes[Math.min(attempts++, outcomes.length - 1)] ?? answer(200));
  return { last: await withRetries(attempt, deadline, () => random), attempts };
}

describe('withRetries', () => {
  it.each<[string, Outcome]>([
    ['a connection that broke', { kind: 'no-answer' }],
    ['a cut answer', { kind: 'cut' }],
    ['502', answer(502)],
    ['503', answer(503)],
    ['504', answer(504)],
  ])('tries three times over %s, then gives the last outcome', async (_name, outcome) => {
    expect(await attemptsOver([outcome])).toEqual({ attempts: 3, last: outcome });
    expect(await attemptsOver([outcome, answer(200)])).toEqual({ attempts: 2, last: answer(200) });
  });

  it.each([200, 204, 302, 400, 401, 404, 408, 429, 500, 501, 505])(
    'does not try again after %d',
    async (status) => {
      expect((await attemptsOver([answer(status)])).attempts).toBe(1);
    },
  );

  it.each<Failure['kind']>(['too-long', 'not-http'])('does not try again after %s', async (kind) => {
    expect((await attemptsOver([{ kind }])).attempts).toBe(1);
  });

  it('pauses for up to 100, then up to 200 milliseconds', async () => {
    const start = performance.now();
    await attemptsOver([{ kind: 'no-answer' }], 0.99);
    const elapsedMs = performance.now() - start;
    expect(elapsedMs).toBeGreaterThan(295);
    expect(elapsedMs).toBeLessThan(3000);
  });

  it('gives up at once when the pause would outlast the deadline', async () => {
    deadline.clear();
    deadline = new Deadline(50);
    expect((await attemptsOver([{ kind: 'no-answer' }], 0.99)).attempts).toBe(1);
    expect(deadline.remainingMs).toBeGreaterThan(0);
  });

  it('waits as long as a 503 asks for', async () => {
    const start = performance.now();
    expect((await attemptsOver([answer(503, '1'), answer(200)])).attempts).toBe(2);
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  it('gives up at once when a 503 asks for more than the deadline has left', async () => {
    expect((await attemptsOver([answer(503, '61')])).attempts).toBe(1);
  });
});
