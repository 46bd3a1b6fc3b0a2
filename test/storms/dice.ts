// Jest looks globals up in a slow way, and dice are thrown a thousand times a storm.
const { floor, imul } = Math;

/** The one source of chance in a storm: the same seed, the same throws (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds must not begin alike.
    this.#state = imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  }

  /** From 0 to 1. */
  throw(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  chance(probability: number): boolean {
    return this.throw() < probability;
  }

  between(least: number, most: number): number {
    return least + this.throw() * (most - least);
  }

  /** A whole number, both ends included. */
  whole(least: number, most: number): number {
    return floor(this.between(least, most + 1));
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.whole(0, choices.length - 1)] ?? choices[0];
  }
}
