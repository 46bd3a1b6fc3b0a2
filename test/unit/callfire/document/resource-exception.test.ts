import { describe, expect, it } from '@jest/globals';
import { readExceptionMessage } from '../../../../src/callfire/document/resource-exception.js';

function read(xml: string): string | null {
  return readExceptionMessage(Buffer.from(xml), 'application/xml');
}

describe('readExceptionMessage', () => {
  it.each([
    '<r:ResourceException xmlns:r="http://api.callfire.com/resource"><r:HttpStatus>400</r:HttpStatus><r:Message> No. </r:Message></r:ResourceException>',
    '<ResourceException><message>No.</message></ResourceException>',
    '<?xml version="1.0"?><RESOURCEEXCEPTION xmlns="urn:x"><MESSAGE><![CDATA[No.]]></MESSAGE></RESOURCEEXCEPTION>',
  ])('finds the message in %s', (xml) => {
    expect(read(xml)).toBe('No.');
  });

  it('reads other encodings', () => {
    const body = Buffer.from('<ResourceException><Message>café</Message></ResourceException>', 'latin1');
    expect(readExceptionMessage(body, 'text/xml; charset=iso-8859-1')).toBe('café');
  });

  it('makes one line of it, without control characters', () => {
    expect(read('<ResourceException><Message>\n a\r\n\tb\u0085c\u0080d </Message></ResourceException>')).toBe(
      'a bcd',
    );
  });

  it.each([
    ['an empty body', ''],
    ['plain text', 'Service unavailable'],
    ['HTML', '<!doctype html><html><body><message>no</message></body></html>'],
    ['XHTML', '<html><message>no</message></html>'],
    ['a cut document', '<ResourceException><Message>No.</Mess'],
    ['a document without message', '<ResourceException><HttpStatus>400</HttpStatus></ResourceException>'],
    ['an empty message', '<ResourceException><Message> &#10; </Message></ResourceException>'],
    [
      'a huge document',
      `<ResourceException><Message>No.</Message><X>${'x'.repeat(70_000)}</X></ResourceException>`,
    ],
  ])('finds none in %s', (_, body) => {
    expect(read(body)).toBeNull();
  });

  it('finds none in bytes that are no text', () => {
    expect(readExceptionMessage(Buffer.from([0xff, 0xfe, 0x00]), undefined)).toBeNull();
    expect(readExceptionMessage(Buffer.from('<a/>'), 'text/xml; charset=x-nothing')).toBeNull();
  });
});
