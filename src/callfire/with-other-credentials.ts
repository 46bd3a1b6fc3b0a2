import type { AccountCredentials } from './account-credentials.js';
import type { Outcome } from './connection/upstream-request.js';

/**
 * An attempt of a fetch that sends the request with the credentials in use, and, the first time that CallFire answers
 * 401, once more with the others at once. So the attempts of one fetch are one more than those that the caller makes;
 * later ones go on with the others.
 */
export function withOtherCredentials(
  credentials: AccountCredentials,
  send: (authorization: string) => Promise<Outcome>,
): () => Promise<Outcome> {
  let authorization = credentials.authorization;
  let switched = false;
  return async () => {
    let outcome = await send(authorization);
    const isRejected = outcome.kind === 'answer' && outcome.status === 401;
    const other = isRejected && !switched ? credentials.other(authorization) : undefined;
    if (other !== undefined) {
      switched = true;
      authorization = other;
      outcome = await send(authorization);
    }
    if (switched && outcome.kind === 'answer') credentials.answered(authorization, outcome.status);
    return outcome;
  };
}
