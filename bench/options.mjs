import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));

/**
 * `npm run bench -- [--quick] [--memory] [--only hits,misses,conversion,memory] [--dist DIRECTORY]`
 * --quick: fewer and shorter rounds. --memory: a million ids instead of 200,000. --only: some of the parts.
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
  const memoryIds = values.memory ? 1_000_000 : 200_000;
  const plan = values.quick ? { rounds: 2, seconds: 1, memoryIds } : { rounds: 5, seconds: 3, memoryIds };
  return { parts, plan, dist: values.dist };
}
