import { describe, expect, it } from '@jest/globals';
import { readOtlpHeaders } from '../../../src/tracing/otlp-headers.js';

describe('readOtlpHeaders', () => {
  it.each([
    ['', {}],
    ['api-key=abc', { 'api-key': 'abc' }],
    ['Api-Key = abc , tenant=t1,', { 'api-key': 'abc', tenant: 't1' }],
    ['authorization=Basic%20YTpi=', { authorization: 'Basic YTpi=' }],
    ['a=x%2Cy', { a: 'x,y' }],
    ['a=', { a: '' }],
  ])('reads %j', (text, headers) => {
    expect(readOtlpHeaders(text)).toEqual(headers);
  });

  it.each(['api-key', '=abc', 'api key=abc', 'a=b%0Ac', 'a=%zz', 'a%3A=b'])('refuses %j', (text) => {
    expect(readOtlpHeaders(text)).toBeUndefined();
  });
});
