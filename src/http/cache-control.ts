import type { LookupWish } from '../calls/lookup-result.js';

export const NO_WISH: LookupWish = { noCache: false, onlyIfCached: false };

/** The two request directives that a lookup heeds (RFC 9111 section 5.2.1); the others are ignored. */
export function lookupWish(field: string | undefined): LookupWish {
  if (field === undefined) return NO_WISH;
  const directives = field
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  return { noCache: directives.includes('no-cache'), onlyIfCached: directives.includes('only-if-cached') };
}
