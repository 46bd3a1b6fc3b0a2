import fc from 'fast-check';
import type { Call } from '../../src/calls/call.js';
import { createWriter } from './call-writer.js';
import { type Spelling, createPen } from './xml-pen.js';

export { arbitraryCall } from './arbitrary-call.js';
export type { Spelling } from './xml-pen.js';

const encodings: fc.Arbitrary<Pick<Spelling, 'encoding' | 'encodingNamedBy'>> = fc.constantFrom(
  { encoding: 'utf-8', encodingNamedBy: 'nothing' },
  { encoding: 'utf-8', encodingNamedBy: 'mark' },
  { encoding: 'utf-8', encodingNamedBy: 'header' },
  { encoding: 'utf-8', encodingNamedBy: 'declaration' },
  { encoding: 'utf-16le', encodingNamedBy: 'mark' },
  { encoding: 'utf-16be', encodingNamedBy: 'mark' },
  { encoding: 'utf-16be', encodingNamedBy: 'header' },
  { encoding: 'iso-8859-1', encodingNamedBy: 'header' },
  { encoding: 'iso-8859-1', encodingNamedBy: 'declaration' },
);
const prefixes = fc.constantFrom(
  { dataPrefix: '', resourcePrefix: 'r' },
  { dataPrefix: 'd', resourcePrefix: '' },
  { dataPrefix: 'ns2', resourcePrefix: 'ns3' },
);

/** Every way of writing a call that CallFire might choose tomorrow without changing what it says. */
export function arbitrarySpelling(): fc.Arbitrary<Spelling> {
  return fc
    .record({
      seed: fc.integer(),
      encoding: encodings,
      prefixes,
      lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
      indentation: fc.constantFrom('', '\n  ', '\n\u00a0\u00a0'),
      localDeclarations: fc.boolean(),
      sections: fc.boolean(),
      references: fc.boolean(),
      commentsAndInstructions: fc.boolean(),
      otherForms: fc.boolean(),
      shuffled: fc.boolean(),
    })
    .map(({ encoding, prefixes, ...rest }) => ({ ...rest, ...encoding, ...prefixes }));
}

/** The Content-Type that goes with a document in this spelling. */
export function contentTypeOf({ encoding, encodingNamedBy }: Spelling): string | undefined {
  if (encodingNamedBy === 'nothing') return undefined;
  return encodingNamedBy === 'header' ? `text/xml; charset=${encoding.toUpperCase()}` : 'application/xml';
}

/** CallFire's answer to GetCall for a call. */
export function writeCallXml(call: Call, spelling: Spelling): Buffer {
  const pen = createPen(spelling);
  const text = [
    declaration(spelling),
    pen.aside(),
    createWriter(spelling, pen).document(call),
    pen.aside(),
  ].join('\n');
  return encode(text.trimStart().replaceAll('\n', spelling.lineEnd), spelling);
}

function declaration({ encoding, encodingNamedBy, seed }: Spelling): string {
  if (encodingNamedBy === 'declaration') return `<?xml version="1.0" encoding='${encoding.toUpperCase()}'?>`;
  const forms = ['', '<?xml version="1.0"?>', "<?xml  version = '1.0'\tstandalone='yes' ?>"];
  return forms[Math.abs(seed) % forms.length] ?? '';
}

function encode(text: string, { encoding, encodingNamedBy }: Spelling): Buffer {
  const marked = encodingNamedBy === 'mark' ? `\ufeff${text}` : text;
  if (encoding === 'iso-8859-1') return Buffer.from(marked, 'latin1');
  if (encoding === 'utf-8') return Buffer.from(marked, 'utf8');
  const littleEndian = Buffer.from(marked, 'utf16le');
  return encoding === 'utf-16le' ? littleEndian : littleEndian.swap16();
}
