import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { cacheWord } from '../http/cache-status.js';
import { markFailed, type Spans } from './spans.js';
import type { Tracing } from './tracing.js';

type LookupSpans = Pick<Tracing, 'lookup' | 'cache' | 'source' | 'fetchTrace'>;

/**
 * Spans for the parts of a lookup. A fetch that several lookups share is in the trace of the one that began it; the
 * others say that they were collapsed.
 */
export function createLookupSpans(spans: Spans): LookupSpans {
  return {
    lookup: (lookup) => ({
      peek: (id) => lookup.peek(id),
      lookup: (id, wish) =>
        spans.during('lookup', SpanKind.INTERNAL, async (span) => {
          const result = await lookup.lookup(id, wish);
          span.setAttribute('callfire_gateway.cache', cacheWord(result.cache));
          if (result.cache.kind === 'forwarded' && result.cache.collapsed === true)
            span.setAttribute('callfire_gateway.collapsed', true);
          if ('error' in result) markFailed(span, result.error);
          return result;
        }),
    }),
    cache: (cache) => ({
      peek: (key) => cache.peek(key),
      get: (key) =>
        spans.during('cache read', SpanKind.INTERNAL, async (span) => {
          const entry = await cache.get(key);
          span.setAttribute('callfire_gateway.cache.found', entry !== undefined);
          return entry;
        }),
      put: (key, entry) =>
        spans.during('cache write', SpanKind.INTERNAL, async (span) => {
          const result = await cache.put(key, entry);
          span.setAttribute('callfire_gateway.cache.result', result);
          return result;
        }),
    }),
    source: (source) => ({
      fetchCall: (id) => spans.during('fetch', SpanKind.INTERNAL, () => source.fetchCall(id)),
    }),
    fetchTrace: {
      attempt: (send) =>
        spans.during('GET /call/:id', SpanKind.CLIENT, async (span, headers) => {
          span.setAttribute('http.request.method', 'GET');
          const outcome = await send(headers);
          if (outcome.kind === 'answer') span.setAttribute('http.response.status_code', outcome.status);
          else span.setAttribute('error.type', outcome.kind);
          const failed = outcome.kind !== 'answer' || (outcome.status >= 400 && outcome.status !== 404);
          if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
          return outcome;
        }),
      parse: (read) => spans.during('parse', SpanKind.INTERNAL, read),
    },
  };
}
