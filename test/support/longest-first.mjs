import Sequencer from '@jest/test-sequencer';

/** The rooms of `test` that take longest, longest first. */
const LONG = ['/test/storms/', '/test/e2e/'];

/** Jest knows which files take long only where it has run them before; started late, the storms would leave cores idle. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
}

function rank({ path }) {
  const at = LONG.findIndex((room) => path.includes(room));
  return at < 0 ? LONG.length : at;
}
