import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseXml } from '../../../../src/callfire/xml/parse-xml.js';
import type { XmlElement } from '../../../../src/callfire/xml/xml-element.js';
import { hasForbiddenCharacter } from '../../../../src/callfire/xml/xml-references.js';

const REFUSED = expect.objectContaining({ code: 'upstream-invalid-response' });

describe('parseXml', () => {
  it('joins the text of an element, decodes references once and leaves sections alone', () => {
    expect(parseXml('<a>1&amp;lt;<b/>2<![CDATA[&lt;]]>3<!-- --><?p?>&#x34;</a>').text).toBe('1&lt;2&lt;34');
  });

  it('keeps white space and carriage returns that are written as references', () => {
    expect(parseXml('<a>\t x\r\n&#13;</a>').text).toBe('\t x\n\r');
  });

  it('normalizes the white space of attribute values, but not what references stand for', () => {
    expect(parseXml('<a b=" \t\r\n&#9;&#10;&#13;&quot; "/>').attributes[0]?.value).toBe('   \t\n\r" ');
  });

  it.each([
    '__proto__',
    'constructor',
    'prototype',
    'hasOwnProperty',
    'toString',
    'valueOf',
    '__defineGetter__',
    'length',
  ])('gives an element and an attribute named %s their names', (name) => {
    const root = parseXml(
      `<${name} ${name}="1"><${name}/><${name} /><x:${name} xmlns:x="u" x:${name}="2">t</x:${name}></${name}>`,
    );
    expect(root).toMatchObject({ name, attributes: [{ name, value: '1' }] });
    expect(root.children.map((child) => child.name)).toEqual([name, name, name]);
    expect(root.children[2]).toMatchObject({
      namespace: 'u',
      text: 't',
      attributes: [{ namespace: 'u', name, value: '2' }],
    });
  });

  it('keeps names and values with characters that JavaScript takes for white space', () => {
    const root = parseXml(
      '<a\u1680b\ufeff c\u1680="\u1680\'>\ufeff"><\ufeff/><![CDATA[<\u1680]]>\u1680</a\u1680b\ufeff>',
    );
    expect(root).toMatchObject({ name: 'a\u1680b\ufeff', text: '<\u1680\u1680' });
    expect(root.attributes).toMatchObject([{ name: 'c\u1680', value: "\u1680'>\ufeff" }]);
    expect(root.children).toMatchObject([{ name: '\ufeff' }]);
  });

  it('resolves prefixes where they stand', () => {
    const root = parseXml(
      '<p:a xmlns:p="u" xmlns="d" p:x="1" x="2"><a/><p:a xmlns:p="v"/><a xmlns=""/><p:a xml:lang="en"/></p:a>',
    );
    expect(root).toMatchObject({ namespace: 'u', name: 'a' });
    expect(root.attributes).toEqual([
      { namespace: 'u', name: 'x', qualifiedName: 'p:x', value: '1' },
      { namespace: '', name: 'x', qualifiedName: 'x', value: '2' },
    ]);
    expect(root.children.map((child) => child.namespace)).toEqual(['d', 'v', '', 'u']);
    expect(root.children[3]?.attributes[0]?.namespace).toBe('http://www.w3.org/XML/1998/namespace');
  });

  it.each([
    ['an undeclared prefix of an element', '<p:a/>'],
    ['an undeclared prefix of an attribute', '<a p:b=""/>'],
    ['a prefix that is declared elsewhere', '<a><b xmlns:p="u"/><p:c/></a>'],
    ['a prefix bound to nothing', '<a xmlns:p=""/>'],
    ['the same attribute by two prefixes', '<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>'],
    ['another meaning for xml', '<a xmlns:xml="u"/>'],
    ['another prefix for the namespace of xml', '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>'],
    ['a declaration of xmlns', '<a xmlns:xmlns="u"/>'],
    ['a prefix for the namespace of xmlns', '<a xmlns="http://www.w3.org/2000/xmlns/"/>'],
    ['an element in xmlns', '<xmlns:a/>'],
  ])('refuses %s', (_, xml) => {
    expect(() => parseXml(xml)).toThrow(REFUSED);
  });

  it('loses and changes nothing of a lawful document', () => {
    fc.assert(
      fc.property(arbitraryElement(4), (element) => {
        expect(parseXml(write(element))).toEqual(element);
      }),
      { numRuns: 500 },
    );
  });
});

const nameStart = fc.constantFrom('a', 'Z', '_', 'é', '\u1680', '\ufeff', '\u3001', '😀');
const nameRest = fc
  .array(fc.oneof(nameStart, fc.constantFrom('-', '.', '0', '·')))
  .map((parts) => parts.join(''));
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'text', 'cdata', 'xm'),
  fc.tuple(nameStart, nameRest).map(([start, rest]) => start + rest),
);

const awkward = fc.constantFrom(
  ...['<', '>', '&', '"', "'", '/', '=', ']]>', '&#65;', '?>', '\n', '\t', '\r', ' '],
);
const lawful = fc.string({ unit: 'grapheme' }).filter((it) => !hasForbiddenCharacter(it));
const text = fc.array(fc.oneof(awkward, lawful)).map((parts) => parts.join(''));

function arbitraryElement(depth: number): fc.Arbitrary<XmlElement> {
  const attribute = fc
    .tuple(name, text)
    .map(([name, value]) => ({ namespace: '', name, qualifiedName: name, value }));
  return fc.record({
    namespace: fc.constant(''),
    name,
    attributes: fc.uniqueArray(attribute, { selector: (it) => it.name, maxLength: 3 }),
    children: depth === 0 ? fc.constant([]) : fc.array(arbitraryElement(depth - 1), { maxLength: 3 }),
    text,
  });
}

/** Text and children take turns, with an instruction between them that quotes would spoil. */
function write({ name, attributes, children, text }: XmlElement): string {
  const values = attributes.map((it) => ` ${it.name}="${escape(it.value)}"`).join('');
  const pieces = escape(text).match(/&[^;]*;|[^&]+/g) ?? [];
  const elements = children.map(write);
  const turns = Array.from({ length: Math.max(pieces.length, elements.length) }, (_, turn) => {
    return (pieces[turn] ?? '') + (elements[turn] ?? '');
  });
  const content = turns.join("<?p it's?>");
  return `<${name}${values}${content === '' ? '/>' : `>${content}</${name}>`}`;
}

function escape(value: string): string {
  return value.replace(/[<>&"\t\n\r]/g, (it) => `&#${it.charCodeAt(0)};`);
}
