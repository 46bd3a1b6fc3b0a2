import { decoded, folded, foldedOrigins, origins } from './decoding.js';

/** How often a text may have been escaped over: as XML, say, in JSON, in a URL. */
const MOST_LAYERS = 3;

/** Of what a secret that looks as if it held escapes is when they are decoded. */
const LEAST_LENGTH = 4;

/**
 * Replaces secrets by `[redacted]` wherever they stand in a text: in any letter case, and with any of their characters
 * escaped. So the text is searched as it is and with its escapes decoded, once and again; a secret may itself look as if it
 * held escapes and is searched in the same layers. Never by a regular expression made of secrets, which takes long to
 * compile and shows them in its complaints.
 */
export function createRedaction(secrets: readonly string[]): (text: string) => string {
  const all = [...new Set(secrets.flatMap(formsOf))]
    .filter((secret) => secret !== '')
    .sort((a, b) => a.length - b.length);
  // Where one secret contains another, the shorter one tells of both.
  const telling = all.filter(
    (secret, index) => !all.slice(0, index).some((shorter) => secret.includes(shorter)),
  );

  const tells = (layer: string): boolean => {
    const searched = folded(layer);
    for (const secret of telling) {
      if (secret.length > searched.length) return false;
      if (searched.includes(secret)) return true;
    }
    return false;
  };

  return (text) => (layersOf(text).some(tells) ? withoutSpans(text, spansIn(text, all)) : text);
}

/** Without those that are left with next to nothing, which would be found everywhere. */
function formsOf(secret: string): string[] {
  const [itself = '', ...others] = layersOf(secret).map(folded);
  return [itself, ...others.filter((form) => form.length >= LEAST_LENGTH)];
}

/** The text, and what it is with its escapes decoded once, twice, … as long as there are some. */
function layersOf(text: string): string[] {
  const layers = [text];
  for (let layer = text; layers.length <= MOST_LAYERS; layers.push(layer)) {
    const next = decoded(layer);
    if (next === layer) break;
    layer = next;
  }
  return layers;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the secrets stand in the text, in whatever layer of it. */
function spansIn(text: string, secrets: readonly string[]): Span[] {
  const spans: Span[] = [];
  let toText = (place: number) => place;
  for (const layer of layersOf(text)) {
    const searched = folded(layer);
    const toLayer = foldedOrigins(layer);
    const span = (from: number, to: number): Span => ({
      start: toText(beforeBackslashes(layer, toLayer[from] ?? 0)),
      end: toText(toLayer[to] ?? layer.length),
    });
    for (const secret of secrets) {
      for (let at = searched.indexOf(secret); at !== -1; at = searched.indexOf(secret, at + secret.length))
        spans.push(span(at, at + secret.length));
    }
    const toOuter = origins(layer);
    const outerToText = toText;
    toText = (place) => outerToText(toOuter[place] ?? 0);
  }
  return spans;
}

/** Those that precede a secret may be its own. Those that follow it go with it anyway. */
function beforeBackslashes(text: string, place: number): number {
  let start = place;
  while (text[start - 1] === '\\') start -= 1;
  return start;
}

/** Those that overlap are replaced as one. */
function withoutSpans(text: string, spans: Span[]): string {
  let kept = '';
  let end = 0;
  for (const span of spans.sort((a, b) => a.start - b.start)) {
    if (span.start >= end) kept += `${text.slice(end, span.start)}[redacted]`;
    end = Math.max(end, span.end);
  }
  return kept + text.slice(end);
}
