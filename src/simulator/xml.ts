const XMLNS = 'xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource"';

/** A whole document with the root that CallFire uses, e.g. `Resource`. `attributes` are written as given. */
export function xmlDocument(root: string, content: string, attributes = ''): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<r:${root} ${XMLNS}${attributes}>\n${content}</r:${root}>\n`;
}

/** The ResourceException document, CallFire's way to say what was wrong. */
export function exceptionDocument(status: number, message: string): string {
  return xmlDocument(
    'ResourceException',
    `  <r:HttpStatus>${status}</r:HttpStatus>\n  <r:Message>${escapeText(message)}</r:Message>\n`,
  );
}

/** The ResourceReference document that answers what was created. */
export function referenceDocument(id: string, location: string): string {
  return xmlDocument(
    'ResourceReference',
    `  <r:Id>${id}</r:Id>\n  <r:Location>${escapeText(location)}</r:Location>\n`,
  );
}

/** What XML 1.0 cannot hold in any spelling becomes U+FFFD. A carriage return would be read as a line feed. */
export function escapeText(text: string): string {
  return TO_ESCAPE.test(text) ? text.replace(EACH_TO_ESCAPE, escaped) : text;
}

/** For a value between double quotes: white space is written as references, or it would be read as spaces. */
export function escapeAttribute(text: string): string {
  return escapeText(text).replace(/["\t\n]/g, (char) => `&#${char.charCodeAt(0)};`);
}

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const TO_ESCAPE = /[&<>\0-\x08\x0B-\x1F\uFFFE\uFFFF]|\p{Surrogate}/u;
const EACH_TO_ESCAPE = new RegExp(TO_ESCAPE, 'gu');

function escaped(char: string): string {
  if (char === '&') return '&amp;';
  if (char === '<') return '&lt;';
  if (char === '>') return '&gt;';
  return char === '\r' ? '&#13;' : '\uFFFD';
}
