import { describeLookup, shown, type History } from '../history.js';
import { versionWith } from '../versions.js';
import { bodyOf } from './evidence.js';
import type { Violation } from './violation.js';

/** 1: what is stored or answered as 200 is, byte for byte, a version of the requested call that CallFire had. */
export function* nothingUntrue({ lookups, changes }: History): Iterable<Violation> {
  for (const lookup of lookups) {
    const body = bodyOf(lookup);
    if (body !== undefined && versionWith(body)?.id !== lookup.id)
      yield { invariant: 1, what: `A wrong answer: ${describeLookup(lookup)}`, subject: lookup };
  }
  for (const { key, body, cause } of changes) {
    if (body === undefined || 'mishap' in cause) continue;
    const version = versionWith(body);
    if (version === undefined || !key.endsWith(`:${version.id}`))
      yield { invariant: 1, what: `${cause.put} stored under ${key}: ${shown(body)}` };
  }
}
