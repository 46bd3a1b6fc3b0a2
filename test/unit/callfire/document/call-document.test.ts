import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import type { Call } from '../../../../src/calls/call.js';
import { readCallDocument } from '../../../../src/callfire/document/call-document.js';
import { GatewayError } from '../../../../src/errors.js';
import { arbitraryCall, arbitrarySpelling, contentTypeOf, writeCallXml } from '../../../support/call-xml.js';

const VALID = new URL('../../../fixtures/valid/', import.meta.url);
const INVALID = new URL('../../../fixtures/invalid/', import.meta.url);
const SAMPLE = readFileSync(new URL('callfire-get-call.xml', VALID));
const SAMPLE_ID = '224205636001';

describe('readCallDocument', () => {
  it.each(xmlFilesIn(VALID))('reads valid/%s as the JSON beside it', (file) => {
    const json = readFileSync(new URL(file.replace('.xml', '.json'), VALID), 'utf8');
    const id = /"id": "([0-9]+)"/.exec(json)?.[1] ?? '';
    const call = readCallDocument(readFileSync(new URL(file, VALID)), 'application/xml', id);
    expect(JSON.stringify(call)).toBe(JSON.stringify(JSON.parse(json)));
  });

  it.each(xmlFilesIn(INVALID))('refuses invalid/%s', (file) => {
    expect(() => readCallDocument(readFileSync(new URL(file, INVALID)), 'text/xml', '1')).toThrow(
      expect.objectContaining({ name: 'GatewayError', code: 'upstream-invalid-response' }),
    );
  });

  it('says in one sentence what is wrong', () => {
    const body = readFileSync(new URL('state-twice.xml', INVALID));
    expect(() => readCallDocument(body, undefined, '1')).toThrow(
      "CallFire's answer is not valid: element State stands twice in Call.",
    );
  });

  it('keeps a thousand kinds of unknown elements in one place, and refuses more', () => {
    const withUnknown = (count: number) =>
      SAMPLE.toString().replace(
        '</Call>',
        `${Array.from({ length: count }, (_, i) => `<Unknown${i}/>`).join('')}</Call>`,
      );
    const read = (count: number) => readCallDocument(Buffer.from(withUnknown(count)), undefined, SAMPLE_ID);
    expect(Object.keys(read(1000).extra ?? {})).toHaveLength(1000);
    expect(() => read(1001)).toThrow('more than 1000 unknown elements');
  });

  it('gives exactly the call, however it is spelled', () => {
    fc.assert(
      fc.property(arbitraryCall(), arbitrarySpelling(), (call, spelling) => {
        const read = readCallDocument(writeCallXml(call, spelling), contentTypeOf(spelling), call.id);
        expect(JSON.stringify(read)).toBe(JSON.stringify(call));
      }),
      { numRuns: 300 },
    );
  });

  it('refuses every truncation of the sample', () => {
    const end = SAMPLE.lastIndexOf('>');
    for (let length = 0; length <= end; length += 1) {
      expect(() => readCallDocument(SAMPLE.subarray(0, length), undefined, SAMPLE_ID)).toThrow(GatewayError);
    }
  });

  it('reads a document with one byte deleted, doubled or replaced as what it says, or refuses it', () => {
    const position = fc.nat({ max: SAMPLE.length - 1 });
    const change = fc.oneof(fc.constant('delete'), fc.constant('double'), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(position, change, (at, how) => {
        const byte = SAMPLE.subarray(at, at + 1);
        const instead = typeof how === 'number' ? [how] : how === 'double' ? [...byte, ...byte] : [];
        const mutant = Buffer.concat([
          SAMPLE.subarray(0, at),
          Uint8Array.from(instead),
          SAMPLE.subarray(at + 1),
        ]);
        expectLawfulReadingOrRefusal(mutant);
      }),
      { numRuns: 3000, seed: 20140616 },
    );
  });
});

const TEXTS = [
  ['fromNumber', 'FromNumber'],
  ['toNumber', 'ToNumber'],
  ['state', 'State'],
  ['finalResult', 'FinalResult'],
] as const;
const TIMES = [
  ['created', 'Created'],
  ['modified', 'Modified'],
] as const;

function expectLawfulReadingOrRefusal(body: Buffer): void {
  let call: Call;
  try {
    call = readCallDocument(body, undefined, SAMPLE_ID);
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    return;
  }
  const xml = body.toString();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- an opinion that is not ours
  expect(XMLValidator.validate(xml)).toBe(true);
  expect(call.id).toBe(SAMPLE_ID);
  for (const [key, name] of TEXTS) expect(call[key]).toBe(writtenText(xml, name));
  for (const [key, name] of TIMES) {
    const written = writtenText(xml, name);
    expect(milliseconds(call[key])).toBe(milliseconds(written?.replace(/[0-9]$/, '$&Z') ?? null));
  }
}

/** Found the crude way, which does for a document that differs from the sample in one byte. */
function writtenText(xml: string, name: string): string | null {
  return new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}\\s*>`).exec(xml)?.[1]?.trim() ?? null;
}

function milliseconds(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}

function xmlFilesIn(folder: URL): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.xml'));
}
