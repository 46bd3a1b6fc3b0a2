import { parseArgs } from 'node:util';
import { rateLimit } from '../config/fields.js';
import type { ConsumerEntry } from './consumers-book.js';
import { consumersProblems, isDocument } from './consumers-store.js';

/** What the command line asks for. */
export type ConsumerCommand = { readonly file: string | undefined } & (
  | { readonly action: 'add'; readonly consumer: ConsumerEntry; readonly expires: string | undefined }
  | { readonly action: 'add-key'; readonly name: string; readonly expires: string | undefined }
  | { readonly action: 'remove'; readonly name: string }
  | { readonly action: 'remove-key'; readonly name: string; readonly hashStart: string }
  | { readonly action: 'list' }
);

/** The command line makes no sense; says why in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE =
  'usage: npm run consumer -- add NAME [--account NAME] [--scopes SCOPE,…] [--limit REQUESTS/SECONDS] [--origins ORIGIN,…] ' +
  '[--expires TIME] | add-key NAME [--expires TIME] | remove NAME | remove-key NAME HASH | list; each with [--file FILE]';

const text = { type: 'string' } as const;
const OPTIONS = {
  account: text,
  scopes: text,
  limit: text,
  origins: text,
  expires: text,
  file: text,
};

/** Throws `UsageError`. */
export function readConsumerArgs(args: readonly string[], now: number): ConsumerCommand {
  const { positionals, values } = parsed(args);
  const [action, name = '', hashStart = ''] = positionals;
  const { file, expires, ...about } = values;
  const wants = (names: number, options: readonly (keyof typeof OPTIONS)[]) => {
    if (positionals.length !== names + 1) throw new UsageError(`${action} wants ${names} more`);
    const [odd] = Object.keys(values).filter((option) => !['file', ...options].includes(option));
    if (odd !== undefined) throw new UsageError(`${action} has no --${odd}`);
  };
  switch (action) {
    case 'add':
      wants(1, ['account', 'scopes', 'limit', 'origins', 'expires']);
      return { action, file, consumer: consumerOf({ name, ...about }), expires: timeOf(expires, now) };
    case 'add-key':
      wants(1, ['expires']);
      return { action, file, name, expires: timeOf(expires, now) };
    case 'remove':
      wants(1, []);
      return { action, file, name };
    case 'remove-key':
      wants(2, []);
      return { action, file, name, hashStart };
    case 'list':
      wants(0, []);
      return { action, file };
    default:
      throw new UsageError('say what to do');
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

interface About {
  readonly name: string;
  readonly account?: string | undefined;
  readonly scopes?: string | undefined;
  readonly limit?: string | undefined;
  readonly origins?: string | undefined;
}

/** A consumer without a key yet, as the file may hold it. */
function consumerOf({ name, account, scopes, limit, origins }: About): ConsumerEntry {
  const candidate: unknown = {
    name,
    keys: [],
    ...(account !== undefined && { account }),
    scopes: listOf(scopes ?? 'calls:read'),
    ...(limit !== undefined && { limit: limitOf(limit) }),
    ...(origins !== undefined && { origins: listOf(origins) }),
  };
  const document: unknown = { consumers: [candidate] };
  const [consumer] = isDocument(document) ? document.consumers : [];
  if (consumer !== undefined) return consumer;
  throw new UsageError(
    consumersProblems(document)
      .map((line) => line.replace(/^consumers\.0\./, ''))
      .join('; '),
  );
}

function listOf(items: string): string[] {
  return items.split(',').map((item) => item.trim());
}

function limitOf(limit: string) {
  const { data, error } = rateLimit.safeParse(limit);
  if (error !== undefined) throw new UsageError(`--limit ${error.issues[0]?.message ?? 'is not usable'}`);
  return data;
}

/** Its form is the schema's business, which sees it again in the file. */
function timeOf(expires: string | undefined, now: number): string | undefined {
  if (expires === undefined) return undefined;
  const key = { sha256: '0'.repeat(64), expires };
  if (!isDocument({ consumers: [{ name: 'x', keys: [key] }] }))
    throw new UsageError('--expires must be a time such as 2027-01-31T00:00:00Z');
  if (Date.parse(expires) <= now) throw new UsageError('--expires must be in the future');
  return expires;
}
