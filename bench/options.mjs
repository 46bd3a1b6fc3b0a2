import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));

/**
 * `npm run bench -- [--quick] [--memory] [--only hits,misses,…] [--dist DIRECTORY]`
 * --quick: fewer and shorter rounds. --memory: a million ids instead of 200,000, and a million calls in Redis instead of
 * 100,000. --only: some of the parts.
 * --dist: another build than the one in `dist/`. Throws for anything else.
 */
export function readOptions(known) {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      memory: { type: 'boolean', default: false },
      only: { type: 'string', default: known.join() },
      dist: { type: 'string', default: DIST },
    },
  });
  const parts = values.only.split(',');
  const unknown = parts.find((part) => !known.includes(part));
  if (unknown !== undefined) throw new Error(`--only knows ${known.join(', ')}, not "${unknown}"`);
  const plan = {
    rounds: values.quick ? 2 : 5,
    seconds: values.quick ? 1 : 3,
    /** How long a bad day lasts, and how long one that must be sat out does. */
    daySeconds: values.quick ? 3 : 10,
    frozenSeconds: values.quick ? 3 : 60,
    memoryIds: values.memory ? 1_000_000 : 200_000,
    redisCalls: values.memory ? 1_000_000 : values.quick ? 20_000 : 100_000,
  };
  return { parts, plan, dist: values.dist };
}
