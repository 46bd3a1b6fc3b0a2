/** How a document is to look; everything beyond the named traits is decided by `seed`. */
export interface Spelling {
  readonly seed: number;
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'iso-8859-1';
  readonly encodingNamedBy: 'nothing' | 'mark' | 'header' | 'declaration';
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly indentation: '' | '\n  ' | '\n\u00a0\u00a0';
  /** Prefixes of the data and the resource namespace, '' for the default namespace. */
  readonly dataPrefix: string;
  readonly resourcePrefix: string;
  /** Namespaces are declared where they are needed, again and again, instead of on the root. */
  readonly localDeclarations: boolean;
  readonly sections: boolean;
  readonly references: boolean;
  readonly commentsAndInstructions: boolean;
  /** Other lawful forms of numbers, booleans and times, and white space around values. */
  readonly otherForms: boolean;
  readonly shuffled: boolean;
}

export type Attribute = readonly [name: string, value: string];

/** One child of an element; children of the same kind keep their order. */
export interface Child {
  readonly kind: string;
  readonly xml: string;
}

export interface Pen {
  chance(probability: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
  integer(min: number, max: number): number;
  /** An element; `content` is XML already. */
  element(name: string, attributes: readonly Attribute[], content: string): string;
  /** Character data that reads as `text`, maybe with white space around it. */
  value(text: string): string;
  children(children: readonly Child[]): string;
  /** Comments and processing instructions, or nothing. */
  aside(): string;
}

const ASIDES = [
  '<!---->',
  '<!-- <State>READY</State> & "it\'s" ]]> -->',
  "<?note don't <State> ?>",
  '<?empty?>',
  '<?quoted " > ?>',
] as const;

const NAMED: Readonly<Record<string, string>> = {
  '<': 'lt',
  '>': 'gt',
  '&': 'amp',
  "'": 'apos',
  '"': 'quot',
};

export function createPen(spelling: Spelling): Pen {
  const random = generator(spelling.seed);
  const chance = (probability: number): boolean => random() < probability;
  const integer = (min: number, max: number): number => min + Math.floor(random() * (max - min + 1));
  const pick = <T>(choices: readonly [T, ...T[]]): T => choices[integer(0, choices.length - 1)] ?? choices[0];
  const isWritable = (text: string): boolean =>
    spelling.encoding !== 'iso-8859-1' || !/[^\u0000-\u00ff]/u.test(text); // eslint-disable-line no-control-regex

  const reference = (character: string): string => {
    const name = NAMED[character];
    const code = character.codePointAt(0) ?? 0;
    const numeric = [
      `&#${code};`,
      `&#000${code};`,
      `&#x${code.toString(16)};`,
      `&#x${code.toString(16).toUpperCase()};`,
    ];
    return name !== undefined && chance(0.5) ? `&${name};` : (numeric[integer(0, 3)] ?? '');
  };
  const space = (): string => (chance(0.8) ? ' ' : pick(['  ', '\n', '\t ', '\n\n']));
  const gap = (): string => (chance(0.8) ? '' : space());
  const aside = (): string => (spelling.commentsAndInstructions && chance(0.2) ? pick(ASIDES) : '');
  const padding = (): string =>
    spelling.otherForms && chance(0.3) ? pick([' ', '\n', '\t', '\u00a0', ' \u00a0\n']) : '';

  const section = (characters: readonly string[]): string | undefined => {
    const text = characters.join('');
    const isPossible = isWritable(text) && !text.includes('\r') && !text.includes(']]>');
    return isPossible ? `<![CDATA[${text}]]>` : undefined;
  };
  const characterData = (text: string): string => {
    const characters = Array.from(text);
    let xml = aside();
    while (characters.length > 0) {
      const length = integer(1, 5);
      const cdata = spelling.sections && chance(0.2) ? section(characters.slice(0, length)) : undefined;
      if (cdata !== undefined) characters.splice(0, length);
      xml += cdata ?? character(characters.shift() ?? '', xml);
      xml += aside();
    }
    return xml;
  };
  const character = (it: string, before: string): string => {
    const isMarkup = it === '&' || it === '<' || it === '\r' || (it === '>' && before.endsWith(']]'));
    return isMarkup || !isWritable(it) || (spelling.references && chance(0.1)) ? reference(it) : it;
  };
  const attribute = ([name, value]: Attribute): string => {
    const quote = pick(['"', "'"]);
    const written = Array.from(value, (it) => {
      if (it === ' ' && spelling.otherForms) return pick([' ', ' ', '\n', '\t']);
      return it === quote || /[\t\n]/.test(it) ? reference(it) : character(it, '');
    });
    return `${space()}${name}${gap()}=${gap()}${quote}${written.join('')}${quote}`;
  };

  return {
    chance,
    pick,
    integer,
    aside,
    value: (text) => padding() + characterData(text) + padding(),
    element: (name, attributes, content) => {
      const start = `<${name}${attributes.map(attribute).join('')}${gap()}`;
      return content === '' && chance(0.5) ? `${start}/>` : `${start}>${content}</${name}${gap()}>`;
    },
    children: (children) => {
      const ordered = spelling.shuffled ? shuffle(children, integer) : children;
      return ordered.map(({ xml }) => spelling.indentation + aside() + xml).join('') + spelling.indentation;
    },
  };
}

function shuffle(children: readonly Child[], integer: (min: number, max: number) => number): Child[] {
  const queues = [...new Set(children.map(({ kind }) => kind))].map((kind) =>
    children.filter((it) => it.kind === kind),
  );
  const shuffled: Child[] = [];
  for (let left = children.length; left > 0; left -= 1) {
    const waiting = queues.filter((queue) => queue.length > 0);
    const next = waiting[integer(0, waiting.length - 1)]?.shift();
    if (next !== undefined) shuffled.push(next);
  }
  return shuffled;
}

/** Mulberry32: numbers in [0, 1) that only depend on the seed. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
