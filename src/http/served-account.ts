import type { RequestHandler } from 'express';
import type { CallEntry } from '../calls/call-entry.js';
import type { LookupResult, LookupWish } from '../calls/lookup-result.js';

/** What a request gets at: the parts of the account that its caller uses. */
export interface ServedAccount {
  readonly name: string;
  readonly lookup: Lookup;
  /** Undefined where the passthrough is switched off. */
  readonly passthrough: RequestHandler | undefined;
}

/** What this room needs of `calls/lookup.ts`. */
interface Lookup {
  peek(id: string): CallEntry | undefined;
  lookup(id: string, wish: LookupWish): Promise<LookupResult>;
}
