import { describe, expect, it } from '@jest/globals';
import {
  readBoolean,
  readDecimal,
  readId,
  readInteger,
  readText,
  readTime,
} from '../../../../src/callfire/document/scalars.js';
import { parseXml } from '../../../../src/callfire/xml/parse-xml.js';
import type { XmlElement } from '../../../../src/callfire/xml/xml-element.js';

const NIL = parseXml('<X xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil=" true "/>');
const READERS = { readBoolean, readDecimal, readId, readInteger, readText, readTime };

function element(text: string): XmlElement {
  return { namespace: '', name: 'X', attributes: [], children: [], text };
}

describe.each(Object.entries(READERS))('%s', (name, read) => {
  it('reads an absent element and xsi:nil as null', () => {
    expect(read(undefined)).toBeNull();
    expect(read(NIL)).toBeNull();
  });

  it('refuses child elements, and text in an element that is nil', () => {
    expect(() => read(parseXml('<X><Y/></X>'))).toThrow('element X holds other elements');
    expect(() => read({ ...NIL, text: '1' })).toThrow('element X is nil and yet holds text');
  });

  it.each(['', ' \u00a0\n'])('takes empty text only as text: %j', (text) => {
    if (name === 'readText') expect(read(element(text))).toBe('');
    else
      expect(() => read(element(text))).toThrow(
        expect.objectContaining({ code: 'upstream-invalid-response' }),
      );
  });
});

describe('readText', () => {
  it('takes off outer white space only', () => {
    expect(readText(element(' \u00a0\n+1 \u00a0 007\t\u00a0'))).toBe('+1 \u00a0 007');
  });
});

describe('readId', () => {
  it.each([
    ['224205636001', '224205636001'],
    [' 9223372036854775807 ', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['+0042', '42'],
    ['-0', '0'],
    ['0000000000000000000000000007', '7'],
  ])('reads %j as %j', (text, id) => {
    expect(readId(element(text))).toBe(id);
  });

  it.each([
    '9223372036854775808',
    '-9223372036854775809',
    '99999999999999999999',
    '1.0',
    '1e3',
    '0x1',
    '--1',
    '1 2',
    '٣',
  ])('refuses %j', (text) => {
    expect(() => readId(element(text))).toThrow('element X does not hold a 64-bit number');
  });
});

describe('readInteger', () => {
  it.each([
    ['35', 35],
    ['+007', 7],
    ['-0', 0],
    ['2147483647', 2147483647],
    ['-2147483648', -2147483648],
  ])('reads %j as %d', (text, value) => {
    expect(readInteger(element(text))).toBe(value);
  });

  it.each(['2147483648', '-2147483649', '1.0', '1e1', '0x1', 'NaN', '1_0'])('refuses %j', (text) => {
    expect(() => readInteger(element(text))).toThrow('element X does not hold a 32-bit number');
  });
});

describe('readDecimal', () => {
  it.each([
    ['1.6667', 1.6667],
    ['0.0', 0],
    ['-0.0', 0],
    ['.5', 0.5],
    ['5.', 5],
    ['+1e3', 1000],
    ['-1.5E-2', -0.015],
    ['NaN', null],
    ['INF', null],
    ['+INF', null],
    ['-INF', null],
    ['1e999', null],
  ])('reads %j as %d', (text, value) => {
    expect(readDecimal(element(text))).toBe(value);
  });

  it.each(['.', '1,5', '0x10', 'Infinity', 'nan', '1e', '1e1.5', '$1', '1 000', '--1'])(
    'refuses %j',
    (text) => {
      expect(() => readDecimal(element(text))).toThrow('element X does not hold a number');
    },
  );
});

describe('readBoolean', () => {
  it.each([
    ['true', true],
    [' 1 ', true],
    ['false', false],
    ['0', false],
  ])('reads %j as %s', (text, value) => {
    expect(readBoolean(element(text))).toBe(value);
  });

  it.each(['TRUE', 'yes', '2', '00', 'nil'])('refuses %j', (text) => {
    expect(() => readBoolean(element(text))).toThrow('element X does not hold a boolean');
  });
});

describe('readTime', () => {
  it.each([
    ['2014-06-16T19:34:29Z', '2014-06-16T19:34:29Z'],
    ['2014-06-16T19:34:29', '2014-06-16T19:34:29Z'],
    ['2014-06-16T19:34:29.120', '2014-06-16T19:34:29.120Z'],
    ['2014-06-16T19:34:59.99999999999999999999Z', '2014-06-16T19:34:59.99999999999999999999Z'],
    ['2014-06-16T19:34:29-00:00', '2014-06-16T19:34:29Z'],
    ['2014-12-31T23:30:00.5-07:00', '2015-01-01T06:30:00.5Z'],
    ['2015-01-01T05:29:00+05:30', '2014-12-31T23:59:00Z'],
    ['2015-01-01T00:00:00+14:00', '2014-12-31T10:00:00Z'],
    ['2016-02-28T24:00:00Z', '2016-02-29T00:00:00Z'],
    ['2015-12-31T24:00:00.00-01:00', '2016-01-01T01:00:00.00Z'],
    ['0099-01-01T00:00:00+01:00', '0098-12-31T23:00:00Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
  ])('reads %j as %j', (text, time) => {
    expect(readTime(element(text))).toBe(time);
  });

  it.each([
    ...[
      '2014-06-16',
      '19:34:29Z',
      '2014-06-16 19:34:29Z',
      '2014-06-16T19:34Z',
      '2014-06-16T19:34:29z',
      '1402947269',
    ],
    ...['2014-00-10T00:00:00Z', '2014-13-10T00:00:00Z', '2014-06-00T00:00:00Z', '2014-06-31T00:00:00Z'],
    ...['2015-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2014-06-16T24:00:01Z', '2014-06-16T24:00:00.1Z'],
    ...['2014-06-16T25:00:00Z', '2014-06-16T19:60:00Z', '2014-06-16T19:34:60Z', '2014-06-16T19:34:29.Z'],
    ...[
      '2014-06-16T19:34:29+14:01',
      '2014-06-16T19:34:29+15:00',
      '2014-06-16T19:34:29+01:60',
      '2014-06-16T19:34:29+0100',
    ],
    ...[
      '12014-06-16T19:34:29Z',
      '-2014-06-16T19:34:29Z',
      '9999-12-31T23:00:00-02:00',
      '0000-01-01T00:00:00+01:00',
    ],
  ])('refuses %j', (text) => {
    expect(() => readTime(element(text))).toThrow('element X does not hold a time');
  });
});
