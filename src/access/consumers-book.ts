import type { ConsumersDocument } from '../config/consumers-file.js';

/** A consumer as it stands in the file. */
export type ConsumerEntry = ConsumersDocument['consumers'][number];
type KeyEntry = ConsumerEntry['keys'][number];

/** Why an edit cannot be made, in one line. */
export class EditError extends Error {
  override readonly name = 'EditError';
}

/** The fewest hex digits of a hash that may stand for a key. */
const HASH_START = /^[0-9a-f]{8,64}$/;

export function withConsumer(book: ConsumersDocument, consumer: ConsumerEntry): ConsumersDocument {
  if (book.consumers.some(({ name }) => name === consumer.name))
    throw new EditError(`${consumer.name} exists already; add-key gives it another key`);
  return { consumers: [...book.consumers, consumer] };
}

export function withoutConsumer(book: ConsumersDocument, name: string): ConsumersDocument {
  find(book, name);
  return { consumers: book.consumers.filter((one) => one.name !== name) };
}

export function withKey(book: ConsumersDocument, name: string, key: KeyEntry): ConsumersDocument {
  return withKeys(book, name, [...find(book, name).keys, key]);
}

/** `start`: the first digits of the key's hash, at least eight. */
export function withoutKey(book: ConsumersDocument, name: string, start: string): ConsumersDocument {
  const { keys } = find(book, name);
  if (!HASH_START.test(start))
    throw new EditError('a key is named by the first 8 or more digits of its hash');
  const kept = keys.filter(({ sha256 }) => !sha256.startsWith(start));
  if (kept.length === keys.length) throw new EditError(`${name} has no key whose hash begins so`);
  if (kept.length < keys.length - 1) throw new EditError(`${name} has several keys whose hash begins so`);
  return withKeys(book, name, kept);
}

function withKeys(book: ConsumersDocument, name: string, keys: KeyEntry[]): ConsumersDocument {
  return { consumers: book.consumers.map((one) => (one.name === name ? { ...one, keys } : one)) };
}

function find(book: ConsumersDocument, name: string): ConsumerEntry {
  const consumer = book.consumers.find((one) => one.name === name);
  if (consumer === undefined) throw new EditError(`there is no consumer ${JSON.stringify(name)}`);
  return consumer;
}
