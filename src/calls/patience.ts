/** How long one lookup waits for its cache in all, however often it asks. */
export class Patience {
  /** Infinity: as long as it takes. */
  constructor(private leftMs: number) {}

  /** What the work comes to, or undefined once the patience is used up; the work then goes on by itself. */
  async wait<T>(work: Promise<T>): Promise<T | undefined> {
    if (this.leftMs === Infinity) return work;
    const begun = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, this.leftMs), undefined);
    });
    const result = await Promise.race([work, end]);
    clearTimeout(timer);
    this.leftMs -= performance.now() - begun;
    return result;
  }
}
