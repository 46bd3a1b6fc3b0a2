import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Spans } from './spans.js';
import type { Tracing } from './tracing.js';

/** One span for a request that is passed through, which CallFire gets as the parent in place of the caller's. */
export function createPassthroughSpans(spans: Spans): Pick<Tracing, 'passthrough'> {
  return {
    passthrough: (handler) => (request, response, next) => {
      const span = spans.begin('passthrough', SpanKind.CLIENT);
      const { traceparent, tracestate } = spans.headersOf(span);
      Object.assign(request.headers, { traceparent, tracestate });
      if (tracestate === undefined) delete request.headers['tracestate'];
      response.once('close', () => {
        if (response.headersSent) span.setAttribute('http.response.status_code', response.statusCode);
        if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      });
      handler(request, response, next);
    },
  };
}
