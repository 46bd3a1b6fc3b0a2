import { createApiKey, hashApiKey } from './api-key.js';
import type { ConsumerCommand } from './consumer-args.js';
import { withConsumer, withKey, withoutConsumer, withoutKey, type ConsumerEntry } from './consumers-book.js';
import { loadConsumers, saveConsumers } from './consumers-store.js';

/** What is printed: to stdout what a script wants, to stderr what a human does. */
interface Printed {
  readonly out: string;
  readonly note: string;
}

/** The first digits of a hash, which are enough to tell a consumer's keys apart. */
const SHOWN_DIGITS = 12;

/** Does what was asked for with the file at `path`. Throws `EditError`, and has then changed nothing. */
export function runConsumerCommand(command: ConsumerCommand, path: string): Printed {
  const book = loadConsumers(path);
  switch (command.action) {
    case 'add': {
      const { key, entry } = newKey(command.expires);
      saveConsumers(path, withConsumer(book, { ...command.consumer, keys: [entry] }));
      return { out: key, note: shownOnce(command.consumer.name, path) };
    }
    case 'add-key': {
      const { key, entry } = newKey(command.expires);
      saveConsumers(path, withKey(book, command.name, entry));
      return { out: key, note: shownOnce(command.name, path) };
    }
    case 'remove':
      saveConsumers(path, withoutConsumer(book, command.name));
      return { out: '', note: `${command.name} is removed from ${path}.` };
    case 'remove-key':
      saveConsumers(path, withoutKey(book, command.name, command.hashStart));
      return { out: '', note: `The key of ${command.name} is removed from ${path}.` };
    case 'list':
      return { out: book.consumers.map(line).join('\n'), note: '' };
  }
}

function newKey(expires: string | undefined) {
  const key = createApiKey();
  return { key, entry: { sha256: hashApiKey(key), ...(expires !== undefined && { expires }) } };
}

function shownOnce(name: string, path: string): string {
  return `This is a key of ${name}. It is shown this once: ${path} holds its hash alone. The gateway must be started with CONSUMERS_FILE=${path}.`;
}

function line({ name, account, scopes, limit, origins, keys }: ConsumerEntry): string {
  const shown = keys.map(({ sha256, expires }) => {
    const start = sha256.slice(0, SHOWN_DIGITS);
    return expires === undefined ? start : `${start} (until ${expires})`;
  });
  return [
    name,
    account && `account ${account}`,
    `scopes ${(scopes ?? ['calls:read']).join(', ') || 'none'}`,
    limit && `limit ${limit.requests}/${limit.seconds}`,
    origins && `origins ${origins.join(', ') || 'none'}`,
    `keys ${shown.join(', ') || 'none'}`,
  ]
    .filter((part) => part !== undefined)
    .join('; ');
}
