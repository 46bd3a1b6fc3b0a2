import { invalidDocument } from './invalid-document.js';
import type { RawAttributes } from './parse-tree.js';
import type { XmlAttribute } from './xml-element.js';
import { decodeReferences } from './xml-references.js';

const XML = 'http://www.w3.org/XML/1998/namespace';
const XMLNS = 'http://www.w3.org/2000/xmlns/';

/** The namespaces that one element declares, by prefix ('' for the default one), within those around it. */
export interface Scope {
  readonly declared: ReadonlyMap<string, string>;
  readonly outer: Scope | null;
}

export const OUTERMOST: Scope = {
  declared: new Map([
    ['', ''],
    ['xml', XML],
  ]),
  outer: null,
};

const NO_ATTRIBUTES: readonly XmlAttribute[] = [];

/**
 * Splits what stands in a start tag into namespace declarations, which make the element's scope, and attributes.
 * Values are normalized (XML 1.0, 3.3.3) and decoded. Throws `upstream-invalid-response` where Namespaces in XML 1.0 is
 * violated.
 */
export function readAttributes(
  raw: RawAttributes | null,
  outer: Scope,
): { readonly scope: Scope; readonly attributes: readonly XmlAttribute[] } {
  if (raw === null) return { scope: outer, attributes: NO_ATTRIBUTES };
  const declared = new Map<string, string>();
  const others: [string, string][] = [];
  for (const [key, written] of Object.entries(raw)) {
    const name = key.slice(1);
    const value = decodeReferences(written.replace(/[\t\n]/g, ' '));
    if (name === 'xmlns') declare('', value, declared);
    else if (name.startsWith('xmlns:')) declare(name.slice(6), value, declared);
    else others.push([name, value]);
  }
  const scope = declared.size === 0 ? outer : { declared, outer };
  return { scope, attributes: resolveAttributes(others, scope) };
}

/** Splits an element's name at its colon and finds its namespace. Throws `upstream-invalid-response`. */
export function resolveName(
  written: string,
  scope: Scope,
): { readonly namespace: string; readonly name: string } {
  const colon = written.indexOf(':');
  if (colon === -1) return { namespace: namespaceOf('', scope), name: written };
  return { namespace: namespaceOf(written.slice(0, colon), scope), name: written.slice(colon + 1) };
}

function namespaceOf(prefix: string, scope: Scope): string {
  for (let next: Scope | null = scope; next !== null; next = next.outer) {
    const namespace = next.declared.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  throw invalidDocument('it uses a namespace prefix that it does not declare');
}

function declare(prefix: string, namespace: string, declared: Map<string, string>): void {
  const isReserved = prefix === 'xmlns' || namespace === XMLNS || (prefix === 'xml') !== (namespace === XML);
  const isUndeclaring = prefix !== '' && namespace === '';
  if (isReserved || isUndeclaring)
    throw invalidDocument('it declares a namespace in a way that is not allowed');
  declared.set(prefix, namespace);
}

function resolveAttributes(written: readonly [string, string][], scope: Scope): XmlAttribute[] {
  const seen = new Set<string>();
  return written.map(([qualifiedName, value]) => {
    // Without a prefix an attribute is in no namespace, whatever the default one is.
    if (!qualifiedName.includes(':')) return { namespace: '', name: qualifiedName, qualifiedName, value };
    const { namespace, name } = resolveName(qualifiedName, scope);
    const identity = `${namespace} ${name}`;
    if (seen.has(identity)) throw invalidDocument('it holds a tag with the same attribute twice');
    seen.add(identity);
    return { namespace, name, qualifiedName, value };
  });
}
