import type { UpstreamCredentials } from '../../../../src/http/passthrough/upstream-credentials.js';

/** One credential and no other. */
export function fixedCredentials(authorization: string): UpstreamCredentials {
  return { authorization, other: () => undefined, answered: () => undefined, rejected: () => undefined };
}
