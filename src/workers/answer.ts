import { GatewayError } from '../errors.js';
import type { ProcessOperations } from '../ops/operations.js';
import type { Answer, Question } from './messages.js';

/** Does what the primary process asks for its operators. Never rejects. */
export async function answerTo(
  question: Question,
  operations: ProcessOperations | undefined,
): Promise<Answer> {
  try {
    if (operations === undefined) throw new TypeError('Nobody asks where there are no operations.');
    return { value: await valueOf(question, operations) };
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, detail: error.message };
    return { code: 'internal-error', detail: 'A worker failed at it.' };
  }
}

function valueOf(question: Question, operations: ProcessOperations): Promise<unknown> {
  switch (question.about) {
    case 'inspect':
      return operations.inspect(question.target);
    case 'explain':
      return operations.explain(question.target);
    case 'purge':
      return operations.purge(question.target);
    default:
      return operations[question.about]();
  }
}
