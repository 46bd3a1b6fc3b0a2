import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { problemsOf } from './files.js';

const example = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../..', `${name}.example.json`), 'utf8');

describe('the example files', () => {
  it('can be used as they are, together', () => {
    const accounts = example('accounts');
    const secrets = accounts.match(/\/run\/secrets\/[\w-]+/g) ?? [];
    expect(secrets).toHaveLength(4);
    const files = {
      accounts,
      consumers: example('consumers'),
      ...Object.fromEntries(secrets.map((path) => [path, 'x'])),
    };
    expect(problemsOf({ ACCOUNTS_FILE: 'accounts', CONSUMERS_FILE: 'consumers' }, files)).toEqual([]);
  });
});
