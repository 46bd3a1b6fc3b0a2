import { answerWith, type CallAnswer } from '../../src/calls/call-answer.js';
import type { CallSource } from '../../src/calls/call-source.js';
import type { Call } from '../../src/calls/call.js';

type Reply = Call | Error;

/** A CallFire whose answers a test gives one by one, when it wants. */
export class ScriptedSource implements CallSource {
  readonly asked: string[] = [];
  readonly #waiting: { resolve: (answer: CallAnswer) => void; reject: (error: Error) => void }[] = [];
  readonly #replies: Reply[] = [];

  fetchCall(id: string): Promise<CallAnswer> {
    this.asked.push(id);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#match();
    });
  }

  /** Answers the oldest fetch that has no answer yet, or the next one to come. */
  reply(...replies: Reply[]): void {
    this.#replies.push(...replies);
    this.#match();
  }

  #match(): void {
    while (this.#waiting.length > 0 && this.#replies.length > 0) {
      const fetch = this.#waiting.shift();
      const reply = this.#replies.shift();
      if (reply instanceof Error) fetch?.reject(reply);
      else if (reply !== undefined) fetch?.resolve(answerWith(reply));
    }
  }
}
