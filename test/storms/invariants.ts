import { nothingBackwards } from './checks/nothing-backwards.js';
import { nothingForeign } from './checks/nothing-foreign.js';
import { nothingLost } from './checks/nothing-lost.js';
import { nothingSecret } from './checks/nothing-secret.js';
import { nothingSlow } from './checks/nothing-slow.js';
import { nothingTwice } from './checks/nothing-twice.js';
import { nothingUntrue } from './checks/nothing-untrue.js';
import type { Check, Violation } from './checks/violation.js';
import type { History } from './history.js';

/** In the order of the contract, section 1. */
const CHECKS: readonly Check[] = [
  nothingUntrue,
  nothingForeign,
  nothingBackwards,
  nothingTwice,
  nothingSlow,
  nothingLost,
  nothingSecret,
];

/** Every violation of the seven invariants in what a storm brought about. */
export function check(history: History): Violation[] {
  return CHECKS.flatMap((find) => [...find(history)]);
}
