import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashApiKey } from '../../src/access/api-key.js';
import { Program, type Environment } from '../support/process.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consumers-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function run(args: readonly string[], environment: Environment = {}) {
  const program = new Program('consumer.js', { args, cwd: folder, environment });
  const { code } = await program.exit;
  return { code, out: program.stdout, errors: program.stderr };
}

const path = () => join(folder, 'consumers.json');
const text = () => readFile(path(), 'utf8');
const consumers = async () => (JSON.parse(await text()) as { consumers: unknown[] }).consumers;
const give = (content: unknown) => writeFile(path(), JSON.stringify(content));
const KEY = { sha256: 'ab'.repeat(32), expires: '2027-01-31T00:00:00+02:00' };

describe('npm run consumer', () => {
  it('adds a consumer to a new file that its owner alone reads, and prints the key once', async () => {
    const { code, out, errors } = await run(['add', 'web']);
    expect(code).toBe(0);
    const key = out.trimEnd();
    expect(key).toMatch(/^cfgw_[0-9A-Za-z]{49}$/);
    expect(errors).not.toContain(key);
    expect(await consumers()).toEqual([
      { name: 'web', keys: [{ sha256: hashApiKey(key) }], scopes: ['calls:read'] },
    ]);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect(await text()).not.toContain(key.slice(5, 20));
    expect((await run(['list'])).out).toBe(`web; scopes calls:read; keys ${hashApiKey(key).slice(0, 12)}\n`);
  });

  it('writes down everything that it is told', async () => {
    const options = ['--account=main', '--scopes=calls:read,passthrough:read', '--limit=600/60'];
    const more = ['--origins=https://a.example,https://b.example', '--expires=2099-01-01T00:00:00Z'];
    const { code, out } = await run(['add', 'web', ...options, ...more]);
    expect(code).toBe(0);
    expect(await consumers()).toEqual([
      {
        name: 'web',
        keys: [{ sha256: hashApiKey(out.trimEnd()), expires: '2099-01-01T00:00:00Z' }],
        account: 'main',
        scopes: ['calls:read', 'passthrough:read'],
        limit: { requests: 600, seconds: 60 },
        origins: ['https://a.example', 'https://b.example'],
      },
    ]);
  });

  it('adds and removes keys and consumers, and leaves all else as it is written', async () => {
    const app = { name: 'app', keys: [KEY], origins: [] };
    await give({ consumers: [app, { name: 'web', keys: [] }] });
    await chmod(path(), 0o640);
    const key = hashApiKey((await run(['add-key', 'web'])).out.trimEnd());
    expect(await consumers()).toEqual([app, { name: 'web', keys: [{ sha256: key }] }]);
    expect((await run(['remove-key', 'web', key.slice(0, 8)])).code).toBe(0);
    expect(await consumers()).toEqual([app, { name: 'web', keys: [] }]);
    expect((await run(['remove', 'web'])).code).toBe(0);
    expect(await consumers()).toEqual([app]);
    expect((await stat(path())).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(['consumers.json']);
  });

  it('takes the file from --file, then CONSUMERS_FILE, then the folder it is in', async () => {
    await run(['add', 'a', '--file', 'one.json'], { CONSUMERS_FILE: 'two.json' });
    await run(['add', 'b'], { CONSUMERS_FILE: 'two.json' });
    await run(['add', 'c'], { CONSUMERS_FILE: '' });
    expect((await readdir(folder)).sort()).toEqual(['consumers.json', 'one.json', 'two.json']);
  });

  it('follows a symbolic link and leaves it one', async () => {
    await writeFile(join(folder, 'real.json'), '{"consumers":[]}');
    await symlink('real.json', path());
    expect((await run(['add', 'web'])).code).toBe(0);
    expect((await lstat(path())).isSymbolicLink()).toBe(true);
    expect(await consumers()).toHaveLength(1);
  });

  it.each([
    ['not JSON', '{"consumers":[{"name":"hunter2'],
    ['of another shape', '{"consumers":[{"name":"web","keys":[],"hunter2":1}]}'],
    ['a key itself', '{"consumers":[{"name":"web","keys":[{"sha256":"hunter2"}]}]}'],
  ])('leaves a file alone that is %s, and does not repeat what it holds', async (_case, content) => {
    await writeFile(path(), content);
    for (const args of [['add', 'app'], ['list'], ['remove', 'web']]) {
      const { code, out, errors } = await run(args);
      expect([code, out]).toEqual([1, '']);
      expect(errors).toMatch(/^\.\/consumers\.json is not .*\n$/);
      expect(errors).not.toContain('hunter2');
    }
    expect(await text()).toBe(content);
  });

  it.each([
    [['add', 'web']],
    [['add-key', 'app']],
    [['remove', 'app']],
    [['remove-key', 'web', 'cdcdcdcd']],
    [['remove-key', 'web', 'abab']],
    [['add', 'app', '--file', 'no/such/folder.json']],
  ])('says in one line why %j cannot be done, and ends with 1', async (args) => {
    const content = JSON.stringify({ consumers: [{ name: 'web', keys: [KEY] }] });
    await writeFile(path(), content);
    const { code, out, errors } = await run(args);
    expect([code, out]).toEqual([1, '']);
    expect(errors).toMatch(/^.+\n$/);
    expect(await text()).toBe(content);
  });

  it('refuses more keys than the gateway takes', async () => {
    const keys = Array.from({ length: 10 }, (_, index) => ({ sha256: String(index).repeat(64) }));
    await give({ consumers: [{ name: 'web', keys }] });
    const { code, out, errors } = await run(['add-key', 'web']);
    expect([code, out]).toEqual([1, '']);
    expect(errors).toMatch(/at most 10 keys/);
  });

  it.each([
    [[]],
    [['what']],
    [['add']],
    [['add', 'a', 'b']],
    [['add', 'with space']],
    [['add', 'web', '--scopes', 'calls:write']],
    [['add', 'web', '--limit', '600']],
    [['add', 'web', '--origins', 'a.example']],
    [['add', 'web', '--expires', 'tomorrow']],
    [['add', 'web', '--expires', '2020-01-01T00:00:00Z']],
    [['add', 'web', '--key', 'x']],
    [['add-key', 'web', '--limit', '600/60']],
    [['remove']],
    [['remove-key', 'web']],
    [['list', 'web']],
  ])('explains itself in one line where %j makes no sense, and ends with 2', async (args) => {
    const { code, out, errors } = await run(args);
    expect([code, out]).toEqual([2, '']);
    expect(errors).toMatch(/^.+; usage: npm run consumer.*\n$/);
    expect(await readdir(folder)).toEqual([]);
  });
});
