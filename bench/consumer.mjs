import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** So many that it is counted and never reached. */
const LIMIT = { requests: 999_999_999, seconds: 60 };

/** A consumer with a key and a limit: what a gateway must be told of it (`env`), and what a request must say (`headers`). */
export async function createConsumer({ directory }, dist) {
  const { createApiKey, hashApiKey } = await import(pathToFileURL(join(dist, 'access', 'api-key.js')));
  const key = createApiKey();
  const consumer = {
    name: 'bench',
    keys: [{ sha256: hashApiKey(key) }],
    scopes: ['calls:read'],
    limit: LIMIT,
  };
  const file = join(directory, 'consumers.json');
  writeFileSync(file, JSON.stringify({ consumers: [consumer] }));
  return { env: { CONSUMERS_FILE: file }, headers: { 'X-API-Key': key } };
}
