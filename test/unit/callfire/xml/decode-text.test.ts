import { describe, expect, it } from '@jest/globals';
import { decodeText } from '../../../../src/callfire/xml/decode-text.js';

const EURO_UTF8 = Buffer.from('<a>€é</a>');
const LATIN1 = Buffer.from('<a>é\u0091</a>', 'latin1');
const declared = (encoding: string, text: string): Buffer =>
  Buffer.from(`<?xml version="1.0" encoding="${encoding}"?>${text}`, 'latin1');

describe('decodeText', () => {
  it('takes UTF-8 where nothing names an encoding', () => {
    expect(decodeText(EURO_UTF8, undefined)).toBe('<a>€é</a>');
    expect(decodeText(EURO_UTF8, 'text/xml')).toBe('<a>€é</a>');
  });

  it.each([
    'text/xml; charset=ISO-8859-1',
    'text/xml;charset="latin1"',
    'text/xml; q=1; Charset = iso-8859-1 ;x',
  ])('takes the encoding of the header %s', (contentType) => {
    expect(decodeText(LATIN1, contentType)).toBe('<a>é\u0091</a>');
  });

  it('takes the encoding that the XML declaration names', () => {
    expect(decodeText(declared('ISO-8859-1', '<a>é</a>'), 'text/xml')).toMatch(/<a>é<\/a>$/);
    expect(decodeText(Buffer.from("<?xml version='1.0'\n encoding = 'utf-8' ?>€"), undefined)).toMatch(/€$/);
  });

  it('trusts the header more than the declaration, and a byte order mark more than the header', () => {
    expect(decodeText(declared('UTF-8', '<a>é</a>'), 'text/xml; charset=ISO-8859-1')).toMatch(/<a>é<\/a>$/);
    expect(decodeText(Buffer.from('\ufeff<a>€</a>'), 'text/xml; charset=ISO-8859-1')).toBe('<a>€</a>');
  });

  it('reads UTF-16 of both byte orders, with a mark or named by the header', () => {
    const littleEndian = Buffer.from('\ufeff<a>漢</a>', 'utf16le');
    const bigEndian = Buffer.from(littleEndian).swap16();
    for (const body of [littleEndian, bigEndian]) {
      expect(decodeText(body, undefined)).toBe('<a>漢</a>');
      expect(decodeText(body.subarray(2), 'text/xml; charset=utf-16')).toBe('<a>漢</a>');
    }
  });

  it('takes off one byte order mark only', () => {
    expect(decodeText(Buffer.from('\ufeff\ufeff<a/>'), undefined)).toBe('\ufeff<a/>');
  });

  it('tells windows-1252 from ISO-8859-1', () => {
    const bytes = Buffer.from([0x80, 0x9f, 0x81, 0xe9]);
    expect(decodeText(bytes, 'text/xml; charset=windows-1252')).toBe('€Ÿ\u0081é');
    expect(decodeText(bytes, 'text/xml; charset=iso-8859-1')).toBe('\u0080\u009f\u0081é');
  });

  it('reads what else TextDecoder knows', () => {
    expect(decodeText(Buffer.from([0xa4]), 'text/xml; charset=ISO-8859-15')).toBe('€');
    expect(decodeText(Buffer.from([0x83, 0x65]), 'text/xml; charset=Shift_JIS')).toBe('テ');
  });

  it.each([
    ['a byte that UTF-8 does not allow', [0x3c, 0xe9], undefined],
    ['a surrogate in UTF-8', [0xed, 0xa0, 0x80], undefined],
    ['a byte beyond US-ASCII', [0xe9], 'text/xml; charset=us-ascii'],
    ['half a character of UTF-16', [0xff, 0xfe, 0x3c], undefined],
    ['half a surrogate pair of UTF-16', [0xff, 0xfe, 0x00, 0xd8], undefined],
    ['half a character of Shift_JIS', [0x83], 'text/xml; charset=shift_jis'],
    ['an encoding nobody knows', [0x3c], 'text/xml; charset=x-nothing'],
    ['an encoding that TextDecoder knows but does not read', [0x3c], 'text/xml; charset=utf-7'],
  ])('refuses %s', (_, bytes, contentType) => {
    expect(() => decodeText(Buffer.from(bytes), contentType)).toThrow(
      expect.objectContaining({ code: 'upstream-invalid-response' }),
    );
  });
});
