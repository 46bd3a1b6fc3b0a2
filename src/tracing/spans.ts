import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api';
import { GatewayError } from '../errors.js';
import { traceHeaders, type TraceContext } from './trace-context.js';

interface Current {
  readonly span: Span;
  /** The caller's `tracestate`. */
  readonly state: string | undefined;
}

/** The spans under way: each begins below the one that is current where it begins. */
export class Spans {
  readonly #current = new AsyncLocalStorage<Current>();

  constructor(private readonly tracer: Tracer) {}

  /** Runs `work` in the span of a request. */
  enter(from: TraceContext | undefined, work: (span: Span) => void): void {
    const context = from === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, from.parent);
    const span = this.tracer.startSpan('request', { kind: SpanKind.SERVER }, context);
    this.#current.run({ span, state: from?.state }, work, span);
  }

  /** Begins one that the caller ends. */
  begin(name: string, kind = SpanKind.INTERNAL): Span {
    const current = this.#current.getStore();
    const context = current === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, current.span);
    return this.tracer.startSpan(name, { kind }, context);
  }

  /** Runs `work` in a span that ends with it; `work` gets it, with the headers that carry it upstream. */
  async during<T>(
    name: string,
    kind: SpanKind,
    work: (span: Span, headers: Readonly<Record<string, string>>) => Promise<T>,
  ): Promise<T> {
    const span = this.begin(name, kind);
    const state = this.#current.getStore()?.state;
    try {
      return await this.#current.run({ span, state }, work, span, this.headersOf(span));
    } catch (error) {
      markFailed(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  /** Nothing begins any more. While the storage is in use, Node follows each promise of the process, which slows all of them. */
  close(): void {
    this.#current.disable();
  }

  headersOf(span: Span): Readonly<Record<string, string>> {
    return traceHeaders(span.spanContext(), this.#current.getStore()?.state);
  }
}

/** Never with the error's text, which may name the call. That there is no such call is an answer like another. */
export function markFailed(span: Span, error: unknown): void {
  const code = error instanceof GatewayError ? error.code : 'internal-error';
  span.setAttribute('error.type', code);
  if (code !== 'call-not-found') span.setStatus({ code: SpanStatusCode.ERROR });
}
