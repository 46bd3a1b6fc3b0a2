import { existsSync, readFileSync } from 'node:fs';
import { consumersSchema, type ConsumersDocument } from '../config/consumers-file.js';
import { problemsOf } from '../config/json-file.js';
import { EditError } from './consumers-book.js';
import { replaceFile } from './replace-file.js';

/** What `CONSUMERS_FILE` holds, member for member as it is written; nobody where there is no such file. */
export function loadConsumers(path: string): ConsumersDocument {
  if (!existsSync(path)) return { consumers: [] };
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // What Node says of bad JSON quotes it.
    const reason = error instanceof SyntaxError ? 'is not JSON' : `cannot be read: ${reasonOf(error)}`;
    throw new EditError(`${path} ${reason}`);
  }
  return checked(json, `${path} is not usable: `);
}

/** Throws before anything is written where the gateway would refuse the result. */
export function saveConsumers(path: string, document: ConsumersDocument): void {
  const text = `${JSON.stringify(checked(document, 'this is refused: '), null, 2)}\n`;
  try {
    replaceFile(path, text);
  } catch (error) {
    throw new EditError(`${path} cannot be written: ${reasonOf(error)}`);
  }
}

/** The very same, not what the schema makes of it. */
function checked(json: unknown, prefix: string): ConsumersDocument {
  if (isDocument(json)) return json;
  throw new EditError(prefix + consumersProblems(json).join('; '));
}

export function isDocument(json: unknown): json is ConsumersDocument {
  return consumersSchema.safeParse(json).success;
}

/** A line each; none where `isDocument`. */
export function consumersProblems(json: unknown): string[] {
  const { error } = consumersSchema.safeParse(json);
  return error === undefined ? [] : problemsOf(error);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
