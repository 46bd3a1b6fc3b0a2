import { describe, expect, it } from '@jest/globals';
import type { Bug } from './gateway.js';
import type { History } from './history.js';
import type { Invariant, Violation } from './checks/violation.js';
import { check } from './invariants.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { runStorm } from './storm.js';

/**
 *     STORMS=100000 npm test -- storms    more storms than the suite has time for
 *     STORM_SEED=123 npm test -- storms   this one only
 */
const { STORMS = '10000', STORM_SEED } = process.env;
const SEEDS = STORM_SEED === undefined ? upTo(Number(STORMS)) : [Number(STORM_SEED)];

/** A planted bug must show within so many storms. */
const FEW = upTo(300);

/** So that jest can still tell what it is doing. */
const BREATHE_EVERY = 500;

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

interface Broken {
  readonly seed: number;
  readonly history: History;
  readonly violations: readonly [Violation, ...Violation[]];
}

/** The first storm in which an invariant breaks: the given one, or any. */
async function firstBroken(
  seeds: readonly number[],
  { bug, invariant }: { bug?: Bug; invariant?: Invariant } = {},
): Promise<Broken | undefined> {
  for (const [i, seed] of seeds.entries()) {
    const history = await runStorm(seed, bug);
    const [first, ...others] = check(history).filter(
      (violation) => invariant === undefined || violation.invariant === invariant,
    );
    if (first !== undefined) return { seed, history, violations: [first, ...others] };
    if (i % BREATHE_EVERY === 0) await new Promise(setImmediate);
  }
  return undefined;
}

/** What somebody needs to know who has never seen a storm. */
function report({ seed, history, violations }: Broken): string {
  const [{ subject }] = violations;
  return [
    `Storm ${seed} breaks:`,
    ...violations.map(({ invariant, what }) => `  invariant ${invariant}: ${what}`),
    `What happened${subject === undefined ? '' : ` to ${subject.account}/${subject.id}`}:`,
    history.tell(subject),
    `Again: STORM_SEED=${seed} npm test -- storms`,
  ].join('\n');
}

describe('A storm', () => {
  it(
    `breaks no invariant, whatever happens to Redis, CallFire and the gateways (${SEEDS.length} of them)`,
    async () => {
      const broken = await firstBroken(SEEDS);
      if (broken !== undefined) throw new Error(report(broken));
    },
    60_000 + SEEDS.length * 30,
  );

  it('is the same again with the same seed', async () => {
    const digests = new Set<string>();
    for (const seed of upTo(40)) {
      const digest = (await runStorm(seed)).digest();
      expect((await runStorm(seed)).digest()).toBe(digest);
      digests.add(digest);
    }
    expect(digests.size).toBe(40);
  });

  it('has the gateways do all that they can', async () => {
    const ways = new Set<string>();
    for (const seed of FEW)
      for (const { answer } of (await runStorm(seed)).lookups) ways.add(answer?.via ?? 'died');
    expect([...ways].sort()).toEqual([
      'died',
      'forwarded: request',
      'forwarded: stale',
      'forwarded: uri-miss',
      'hit',
      'hit at once',
      'not-forwarded',
    ]);
  });
});

describe('The checks over a history', () => {
  it.each(PLANTED_BUGS)('notice by invariant $invariant a gateway that $what', async ({ invariant, bug }) => {
    expect(await firstBroken(FEW, { bug, invariant })).toBeDefined();
  });
});
