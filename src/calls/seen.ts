import { isOlder, type CallEntry } from './call-entry.js';
import { Recent } from './recent.js';

const REMEMBERED_MS = 5 * 60_000;
const MAX_BYTES = 8 * 1024 * 1024;
const OVERHEAD_BYTES = 512;

/**
 * The newest answer that readers of this process lately had about each call. Nothing is answered from it while CallFire
 * and the cache keep up; it is what stops a lagging upstream or a restored Redis from taking a reader back in time.
 */
export class Seen {
  readonly #newest = new Recent<CallEntry>({
    lifeMs: REMEMBERED_MS,
    maxWeight: MAX_BYTES,
    weigh: (entry) => entry.body.length + OVERHEAD_BYTES,
  });

  /** The given answer, or the one that readers had if that is newer. */
  newestOf(key: string, answer: CallEntry, now: number): CallEntry {
    const seen = this.#newest.get(key, now);
    return seen !== undefined && isOlder(answer.version, seen.version) ? seen : answer;
  }

  remember(key: string, answer: CallEntry, now: number): void {
    this.#newest.set(key, answer, now);
  }

  forget(key: string): void {
    this.#newest.delete(key);
  }

  forgetAll(): void {
    this.#newest.clear();
  }
}
