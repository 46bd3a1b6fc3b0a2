import type { Health } from '../http/health.js';
import type { Answer } from './messages.js';

/** Questions to another process that wait for their answers. */
export class Questions {
  readonly #open = new Map<number, (health: Health) => void>();
  #asked = 0;

  /** Sends a question; resolves with the answer, or undefined where none comes in time. */
  ask(
    send: (question: { type: 'question'; id: number }) => void,
    withinMs: number,
  ): Promise<Health | undefined> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const settle = (health: Health | undefined) => {
        clearTimeout(timer);
        this.#open.delete(id);
        resolve(health);
      };
      const timer = setTimeout(() => {
        settle(undefined);
      }, withinMs);
      this.#open.set(id, settle);
      send({ type: 'question', id });
    });
  }

  answered({ id, health }: Answer): void {
    this.#open.get(id)?.(health);
  }
}
