import type { CallAnswer } from './call-answer.js';

/** Where calls come from. */
export interface CallSource {
  /**
   * Asks CallFire for one call. Resolves only with the complete, valid call that was asked for.
   * Rejects with a GatewayError: `call-not-found`, `overloaded` or one of the `upstream-…` codes.
   */
  fetchCall(id: string): Promise<CallAnswer>;
}
