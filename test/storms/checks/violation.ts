import type { History, Subject } from '../history.js';

/** Its number in the contract's list of seven. */
export type Invariant = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** A promise that a storm saw broken. */
export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  /** The call that it is about. */
  readonly subject?: Subject;
}

/** Looks for what breaks one invariant. */
export type Check = (history: History) => Iterable<Violation>;
