import type { IncomingHttpHeaders } from 'node:http';
import type { SpanContext } from '@opentelemetry/api';

/** What a request says of the trace that it belongs to (W3C Trace Context). */
export interface TraceContext {
  readonly parent: SpanContext;
  /** `tracestate` as sent, to be handed on. Not a part of `parent`, which is exported: it may hold anything. */
  readonly state: string | undefined;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ONLY_ZEROS = /^0+$/;
const LONGEST_STATE = 512;
const PRINTABLE = /^[ -~]+$/;
const SAMPLED = 1;

/** Undefined where the headers name no trace, or in a way that cannot be read. */
export function readTraceContext({ traceparent, tracestate }: IncomingHttpHeaders): TraceContext | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const [, version, traceId = '', spanId = '', flags = '', rest] = TRACEPARENT.exec(traceparent) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (ONLY_ZEROS.test(traceId) || ONLY_ZEROS.test(spanId)) return undefined;
  const traceFlags = Number.parseInt(flags, 16) & SAMPLED;
  return { parent: { traceId, spanId, traceFlags, isRemote: true }, state: handedOn(tracestate) };
}

/** The headers that make a request upstream a part of the trace. */
export function traceHeaders(
  { traceId, spanId, traceFlags }: SpanContext,
  state: string | undefined,
): Record<string, string> {
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  return state === undefined ? { traceparent } : { traceparent, tracestate: state };
}

function handedOn(state: string | readonly string[] | undefined): string | undefined {
  if (typeof state !== 'string' || state.length > LONGEST_STATE || !PRINTABLE.test(state)) return undefined;
  return state;
}
