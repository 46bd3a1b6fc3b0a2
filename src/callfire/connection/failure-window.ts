const BUCKETS = 10;

interface Bucket {
  readonly second: number;
  total: number;
  failed: number;
}

/** Counts what finished and what failed in the last ten seconds, in buckets of one second. */
export class FailureWindow {
  readonly #buckets: Bucket[] = Array.from({ length: BUCKETS }, () => ({
    second: -Infinity,
    total: 0,
    failed: 0,
  }));

  add(failed: boolean, nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const slot = second % BUCKETS;
    let bucket = this.#buckets[slot];
    if (bucket?.second !== second) bucket = this.#buckets[slot] = { second, total: 0, failed: 0 };
    bucket.total++;
    if (failed) bucket.failed++;
  }

  count(nowMs: number): { total: number; failed: number } {
    const oldest = Math.floor(nowMs / 1000) - BUCKETS;
    const sum = { total: 0, failed: 0 };
    for (const bucket of this.#buckets) {
      if (bucket.second <= oldest) continue;
      sum.total += bucket.total;
      sum.failed += bucket.failed;
    }
    return sum;
  }
}
