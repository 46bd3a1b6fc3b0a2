import type { History } from '../history.js';
import { secretIn } from '../secrets.js';
import type { Violation } from './violation.js';

/** 7: no credential, however spelled, in what is answered, stored, logged or told to other processes. */
export function* nothingSecret({ lookups, changes, outgoing }: History): Iterable<Violation> {
  const texts = new Set(outgoing);
  for (const { answer } of lookups) {
    if (answer === undefined) continue;
    if ('body' in answer) texts.add(answer.body);
    if ('error' in answer) for (const text of textsOf(answer.error)) texts.add(text);
  }
  for (const { body } of changes) texts.add(body ?? '');
  for (const text of texts) {
    const secret = secretIn(text);
    if (secret !== undefined) yield { invariant: 7, what: `${secret} leaves in: ${text.slice(0, 300)}` };
  }
}

/** What an error says, and what it says was the cause, all the way down. */
function* textsOf(error: unknown): Iterable<string> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    yield cause.message;
    yield JSON.stringify(Object.entries(cause));
  }
}
