import { invalidDocument } from './invalid-document.js';

/** So many are fine in a document of any length. */
const ALWAYS = 10_000;
/** Calls take twice as much. What is denser is made to take memory, of which each node costs some hundred bytes. */
const LEAST_CHARACTERS_EACH = 16;

/** Bounds how many nodes (tags, attributes, sections and the like) a document may have for its length. */
export class NodeBudget {
  #left: number;

  constructor(length: number) {
    this.#left = Math.max(ALWAYS, length / LEAST_CHARACTERS_EACH);
  }

  /** To be called for each node. Throws `upstream-invalid-response`. */
  spend(): void {
    this.#left -= 1;
    if (this.#left < 0) throw invalidDocument('it holds more elements and attributes than a call could');
  }
}
