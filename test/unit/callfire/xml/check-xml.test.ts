import { describe, expect, it } from '@jest/globals';
import { checkXml } from '../../../../src/callfire/xml/check-xml.js';

describe('checkXml', () => {
  it.each([
    '<a/>',
    "<?xml version='1.7'\n encoding='x' standalone=\"no\" ?>\n<a/>\n",
    '<a b="1" c=\'2\'\td = "\n>"></a\n>',
    '<a b=\'"\' c="\'"/>',
    '<_-.0é:é-9 xmlns:_-.0é="u"/>',
    '<𐐷 漢·="1"/>',
    '<a>&lt;&gt;&amp;&apos;&quot;&#9;&#10;&#13;&#x10FFFF;&#0000065;</a>',
    '<a b="&lt;&#x3c;">]] > ]]&gt; ></a>',
    '<a><![CDATA[]]><![CDATA[<&]]]]><![CDATA[>]]></a>',
    '<!-- - --><?p?><a><!----><?p ? > <a> ?></a><?xml-like?><!--<a>-->',
    '<a>\u0085\u2028\ufffd\ue000😀</a>',
    `${'<a>'.repeat(32)}${'</a>'.repeat(32)}`,
  ])('accepts %j', (xml) => {
    expect(() => checkXml(xml)).not.toThrow();
  });

  it.each([
    ...[
      '',
      ' ',
      'a',
      '\u00a0<a/>',
      '\ufeff<a/>',
      '<a/>x',
      '<a/>&#32;',
      '<a/><a/>',
      '<a/><![CDATA[]]>',
      '<a></a></a>',
    ],
    ...[
      '<',
      '<a',
      '<a ',
      '<a b',
      '<a b=',
      '<a b="',
      '<a b="1"',
      '<a/',
      '<a>',
      '<a><',
      '<a></',
      '<a></a',
      '<a></b>',
    ],
    ...[
      '< a/>',
      '<1/>',
      '<-a/>',
      '<a:/>',
      '<:a/>',
      '<a:b:c/>',
      '<a:1/>',
      '<a×/>',
      '<a / >',
      '<a></a b="1">',
      '<a></ a>',
    ],
    ...[
      '<a b/>',
      '<a b=1/>',
      '<a b="1"c="2"/>',
      '<a b="1" b="2"/>',
      '<a b="<"/>',
      '<a b=\'1"/>',
      '<a b="&"/>',
      '<a =""/>',
    ],
    ...[
      '<a>&</a>',
      '<a>&lt</a>',
      '<a>&nbsp;</a>',
      '<a>&LT;</a>',
      '<a>& lt;</a>',
      '<a>&#;</a>',
      '<a>&#x;</a>',
      '<a>&#X41;</a>',
    ],
    ...[
      '<a>&#0;</a>',
      '<a>&#11;</a>',
      '<a>&#xD800;</a>',
      '<a>&#xFFFE;</a>',
      '<a>&#x110000;</a>',
      '<a>&#-1;</a>',
    ],
    ...[
      '<a>\u0000</a>',
      '<a>\u000b</a>',
      '<a>\ufffe</a>',
      '<a>\uffff</a>',
      '<a>\ud800</a>',
      '<a>\udc00\ud800</a>',
    ],
    ...['<a>]]></a>', '<a><![CDATA[</a>', '<a><![cdata[]]></a>', '<![CDATA[]]><a/>'],
    ...['<a><!-- -- --></a>', '<a><!-- ---></a>', '<a><!--></a>', '<a><!-- </a>', '<a><!- --></a>'],
    ...[
      '<a><?></a>',
      '<a><? p?></a>',
      '<a><?p</a>',
      '<a><?p"?></a>',
      '<a><?xml version="1.0"?></a>',
      '<?XML ?><a/>',
      '<?a:b?><a/>',
    ],
    ...[' <?xml version="1.0"?><a/>', '<?xml?><a/>', '<?xml version="2.0"?><a/>', '<?xml version=1.0?><a/>'],
    ...[
      '<?xml encoding="x"?><a/>',
      '<?xml version="1.0" standalone="maybe"?><a/>',
      '<?xml version="1.0" encoding="1"?><a/>',
    ],
    ...['<?xml version="1.0" standalone="yes" encoding="x"?><a/>', '<?xml version="1.0"encoding="x"?><a/>'],
    ...['<!DOCTYPE a><a/>', '<!doctype a><a/>', '<a/><!DOCTYPE a>', '<a><!ELEMENT a ANY></a>'],
    `${'<a>'.repeat(33)}${'</a>'.repeat(33)}`,
    `${'<a>'.repeat(32)}<a/>${'</a>'.repeat(32)}`,
  ])('refuses %j', (xml) => {
    expect(() => checkXml(xml)).toThrow(expect.objectContaining({ code: 'upstream-invalid-response' }));
  });

  it.each([
    ['elements', '<b/>', 1],
    ['attributes', `<b ${Array.from({ length: 999 }, (_, i) => `a${i}=""`).join(' ')}/>`, 1000],
    ['comments', '<!---->', 1],
  ])('refuses more %s than a document of its length can need', (_of, piece, nodes) => {
    const many = (each: string) => `<a>${each.repeat(20_000 / nodes)}</a>`;
    expect(() => checkXml(many(piece))).toThrow('more elements and attributes than a call could');
    expect(checkXml(many(piece.padEnd(17 * nodes)))).toContain('</a>');
  });

  it('refuses a tag with more attributes than an object can well have members', () => {
    const tag = (count: number) => `<a ${Array.from({ length: count }, (_, i) => `a${i}=""`).join(' ')}/>`;
    expect(checkXml(tag(1000))).toBe(tag(1000));
    expect(() => checkXml(tag(1001))).toThrow('more than 1000 attributes');
  });

  it('leaves a document without oddities as it is, but for its declaration', () => {
    expect(checkXml('<?xml version="1.0"?>\n<a b="&amp;">c<![CDATA[d]]></a>')).toBe(
      '\n<a b="&amp;">c<![CDATA[d]]></a>',
    );
  });

  it('normalizes line ends', () => {
    expect(checkXml('<a>\r\n\r&#13;\n</a>')).toBe('<a>\n\n&#13;\n</a>');
  });

  it('hides comments and processing instructions behind empty sections', () => {
    expect(checkXml("<a>b<?p don't?>c<!-- <d> -->e</a>")).toBe('<a>b<![CDATA[]]>c<![CDATA[]]>e</a>');
  });

  it('parts long text without changing what it says', () => {
    const text = `&amp;é`.repeat(5000);
    const checked = checkXml(`<a>${text}</a>`);
    expect(checked.replaceAll('<![CDATA[]]>', '')).toBe(`<a>${text}</a>`);
    expect(Math.max(...checked.split('<![CDATA[]]>').map((part) => part.length))).toBeLessThan(5000);
  });
});
