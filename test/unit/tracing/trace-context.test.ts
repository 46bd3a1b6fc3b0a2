import { describe, expect, it } from '@jest/globals';
import { readTraceContext, traceHeaders } from '../../../src/tracing/trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const traceparent = `00-${TRACE}-${SPAN}-01`;

describe('readTraceContext', () => {
  it('takes the trace, the span and the decision to record over', () => {
    const parent = { traceId: TRACE, spanId: SPAN, isRemote: true };
    expect(readTraceContext({ traceparent })?.parent).toEqual({ ...parent, traceFlags: 1 });
    const unsampled = `00-${TRACE}-${SPAN}-00`;
    expect(readTraceContext({ traceparent: unsampled })?.parent).toEqual({ ...parent, traceFlags: 0 });
  });

  it('reads later versions as far as it knows them, and no flags that it does not know', () => {
    expect(readTraceContext({ traceparent: `01-${TRACE}-${SPAN}-ff-more` })?.parent.traceFlags).toBe(1);
  });

  it.each([
    '',
    TRACE,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `01-${TRACE}-${SPAN}-01more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-0`,
    `${traceparent}, ${traceparent}`,
    ` ${traceparent}`,
  ])('ignores %j', (malformed) => {
    expect(readTraceContext({ traceparent: malformed })).toBeUndefined();
  });

  it('hands tracestate on, unless it is longer than it may be or has what no header should', () => {
    expect(readTraceContext({ traceparent, tracestate: 'a=1,b=2' })?.state).toBe('a=1,b=2');
    for (const tracestate of ['', 'a'.repeat(513), 'a=é', 'a=\t1'])
      expect(readTraceContext({ traceparent, tracestate })?.state).toBeUndefined();
    expect(readTraceContext({ tracestate: 'a=1' })).toBeUndefined();
  });
});

describe('traceHeaders', () => {
  it('says what readTraceContext reads', () => {
    const context = { traceId: TRACE, spanId: SPAN, traceFlags: 1 };
    expect(traceHeaders(context, undefined)).toEqual({ traceparent });
    expect(traceHeaders(context, 'a=1')).toEqual({ traceparent, tracestate: 'a=1' });
  });
});
