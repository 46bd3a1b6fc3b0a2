/** How long one lookup waits for its cache in all, however often it asks. */
export class Patience {
  #spentMs = 0;

  constructor(private readonly limitMs: number) {}

  /**
   * What the cache comes to, or undefined once the patience is used up; the cache's work then goes on by itself. The
   * first wait needs no timer: the cache keeps the same limit for each of its reads.
   */
  async wait<T>(work: Promise<T>): Promise<T | undefined> {
    const begun = performance.now();
    const result = await (this.#spentMs === 0 ? work : this.#atMost(this.limitMs - this.#spentMs, work));
    this.#spentMs += performance.now() - begun;
    return result;
  }

  async #atMost<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, ms), undefined);
    });
    const result = await Promise.race([work, end]);
    clearTimeout(timer);
    return result;
  }
}
