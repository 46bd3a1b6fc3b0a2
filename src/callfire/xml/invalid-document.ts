import { GatewayError } from '../../errors.js';

/** What is thrown for an answer that must not be used; `reason` completes the sentence and quotes none of its text. */
export function invalidDocument(reason: string, cause?: unknown): GatewayError {
  const detail = `CallFire's answer is not valid: ${reason}.`;
  return new GatewayError('upstream-invalid-response', detail, { cause });
}
