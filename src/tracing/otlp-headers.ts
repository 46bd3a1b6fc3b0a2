import { validateHeaderName, validateHeaderValue } from 'node:http';

/**
 * The headers in `name=value,name2=value2`, percent-decoded (OpenTelemetry, "Specifying headers via environment
 * variables"); undefined where it is not that, or holds what no header may.
 */
export function readOtlpHeaders(text: string): Readonly<Record<string, string>> | undefined {
  const members = text.split(',').filter((member) => member.trim() !== '');
  try {
    return Object.fromEntries(members.map(readMember));
  } catch {
    return undefined;
  }
}

function readMember(member: string): [name: string, value: string] {
  const equals = member.indexOf('=');
  if (equals < 0) throw new TypeError('A header needs a value.');
  const name = decodeURIComponent(member.slice(0, equals).trim()).toLowerCase();
  const value = decodeURIComponent(member.slice(equals + 1).trim());
  validateHeaderName(name);
  validateHeaderValue(name, value);
  return [name, value];
}
