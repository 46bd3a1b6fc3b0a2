import { describeLookup, type History } from '../history.js';
import { nameOf } from '../versions.js';
import { versionIn, versionOf } from './evidence.js';
import type { Violation } from './violation.js';

/** 2: no answer crosses accounts, nor does what is stored. */
export function* nothingForeign({ lookups, changes }: History): Iterable<Violation> {
  for (const lookup of lookups) {
    const version = versionOf(lookup);
    if (version !== undefined && version.account !== lookup.account)
      yield { invariant: 2, what: `Another account's call: ${describeLookup(lookup)}`, subject: lookup };
  }
  for (const change of changes) {
    const version = versionIn(change);
    if (version !== undefined && !change.key.includes(`:${version.account}:`))
      yield { invariant: 2, what: `Stored under ${change.key}: ${nameOf(version)}` };
  }
}
