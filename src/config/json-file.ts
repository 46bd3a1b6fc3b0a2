import type { z } from 'zod';
import { unreadable } from '../secret-files.js';

/** Throws for what is not there. */
export type Read = (path: string) => string;

/** Takes what is wrong with a variable, or with the file that it names. */
export type Report = (variable: string, problems: readonly string[]) => void;

/** What a JSON file holds, or what is wrong with it: a line each, which names the place and never a value. */
export function parseFile<T>(
  path: string,
  readFile: Read,
  schema: z.ZodType<T>,
): { value: T | undefined; problems: string[] } {
  const refused = (problem: string) => ({ value: undefined, problems: [problem] });
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    return refused(unreadable(error));
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused('names a file that is not JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { value: parsed.data, problems: [] };
  return { value: undefined, problems: problemsOf(parsed.error) };
}

/** What a schema has found, a line each. */
export function problemsOf({ issues }: Pick<z.ZodError, 'issues'>): string[] {
  return issues.map(({ code, path, message }) => {
    // Zod names the members that nobody knows, which may be a misplaced secret.
    const said = code === 'unrecognized_keys' ? 'has a member that is not known' : message;
    return `${path.join('.')} ${said}`.trim();
  });
}
