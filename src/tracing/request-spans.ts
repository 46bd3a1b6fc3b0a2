import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { labelOf } from '../access/caller.js';
import { cacheWord } from '../http/cache-status.js';
import type { GatewayResponse } from '../http/gateway-response.js';
import type { Spans } from './spans.js';
import { readTraceContext } from './trace-context.js';
import type { Tracing } from './tracing.js';

/** One span for each request, from its headers to its answer. */
export function createRequestSpans(spans: Spans): Pick<Tracing, 'entered' | 'ended'> {
  const open = new WeakMap<GatewayResponse, Span>();
  return {
    entered: (then) => (request, response) => {
      spans.enter(readTraceContext(request.headers), (span) => {
        response.traceId = span.spanContext().traceId;
        open.set(response, span);
        then(request, response);
      });
    },
    ended: (then) => (request, response) => {
      const span = open.get(response);
      if (span !== undefined) close(span, request.method ?? '', response);
      then(request, response);
    },
  };
}

function close(span: Span, method: string, response: GatewayResponse): void {
  const { route, caller, cache, code, statusCode, headersSent, writableEnded } = response;
  const isKnown = route !== '-';
  span.updateName(isKnown ? `${method} ${route}` : method);
  span.setAttribute('http.request.method', method);
  if (isKnown) span.setAttribute('http.route', route);
  if (headersSent) span.setAttribute('http.response.status_code', statusCode);
  if (cache !== undefined) span.setAttribute('callfire_gateway.cache', cacheWord(cache));
  if (caller !== undefined) {
    span.setAttribute('callfire_gateway.account', caller.account);
    span.setAttribute('callfire_gateway.consumer', labelOf(caller));
  }
  if (code !== undefined) span.setAttribute('error.type', code);
  if (!writableEnded) span.setAttribute('callfire_gateway.aborted', true);
  if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
