/** Lets callers that want the same thing at the same time share one piece of work. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  /**
   * Joins the work under way for `key`, or starts it. Success and failure reach all who joined and are then forgotten;
   * a caller that loses interest cancels nothing.
   */
  share(key: string, work: () => Promise<T>): { readonly outcome: Promise<T>; readonly joined: boolean } {
    const flying = this.#flights.get(key);
    if (flying !== undefined) return { outcome: flying, joined: true };
    const outcome = work();
    this.#flights.set(key, outcome);
    const forget = () => void this.#flights.delete(key);
    outcome.then(forget, forget);
    return { outcome, joined: false };
  }

  has(key: string): boolean {
    return this.#flights.has(key);
  }
}
