import { invalidDocument } from './invalid-document.js';
import { nameEnd } from './xml-names.js';

const VERSION = /version\s*=\s*(?:"1\.[0-9]+"|'1\.[0-9]+')/.source;
const ENCODING = /encoding\s*=\s*(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*')/.source;
const STANDALONE = /standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)')/.source;

/** XML's white space is less than JavaScript's. */
const DECLARATION = new RegExp(
  `^<\\?xml\\s+${VERSION}(?:\\s+${ENCODING})?(?:\\s+${STANDALONE})?\\s*\\?>`.replaceAll('\\s', '[ \\t\\n]'),
);

/**
 * The index after the XML declaration, 0 where there is none, in text whose line ends are normalized. Any version 1.x is
 * read as 1.0 (XML 1.0, 2.8). Throws `upstream-invalid-response` for a malformed one.
 */
export function declarationEnd(text: string): number {
  if (!text.startsWith('<?xml') || nameEnd(text, 2) !== '<?xml'.length) return 0;
  const declaration = DECLARATION.exec(text);
  if (declaration === null) throw invalidDocument('its XML declaration is malformed');
  return declaration[0].length;
}
