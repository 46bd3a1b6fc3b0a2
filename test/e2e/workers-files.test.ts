import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testConsumers } from '../support/consumers.js';
import { get, PASSWORD } from '../support/gateway.js';
import { serve, type Environment, type Serving } from '../support/process.js';
import { until } from '../support/until.js';

const ID = '2001';
const BROKEN = '{"consumers": [';

let folder: string;
const ending: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callfire-gateway-workers-'));
  ending.push(() => {
    rmSync(folder, { recursive: true });
  });
});

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

const pathOf = (name: string) => join(folder, name);

/** Replaces it as a careful program does. */
function write(name: string, text: string): void {
  writeFileSync(pathOf(`${name}.new`), text);
  renameSync(pathOf(`${name}.new`), pathOf(name));
}

const twoWorkers = (environment: Environment = {}) =>
  serve({ environment: { WORKERS: '2', CONSUMERS_FILE: pathOf('consumers'), ...environment } });

const statusWith = async ({ url }: Serving, key: string) =>
  (await get(`${url}/calls/${ID}`, { 'X-API-Key': key })).status;

/** On new connections, so that each worker has its turn. */
async function everywhere(serving: Serving, key: string, status: number): Promise<boolean> {
  for (let asked = 0; asked < 4; asked += 1) if ((await statusWith(serving, key)) !== status) return false;
  return true;
}

const linesOf = ({ program }: Serving, outcome: string) =>
  program.logLines.filter((line) => line['audit'] === 'reload' && line['outcome'] === outcome);

const workersIn = (lines: readonly Readonly<Record<string, unknown>>[]) =>
  new Set(lines.map(({ worker }) => worker)).size;

const bothUp = ({ url }: Serving) =>
  until(async () => (await get(`${url}/readyz`)).text.includes('"workers":{"up":2,"of":2}'));

/** Kills the first worker; resolves with the process that takes its place. */
async function replaceOne({ program }: Serving): Promise<number> {
  const before = program.children;
  process.kill(before[0] ?? 0, 'SIGKILL');
  let replacement: number | undefined;
  await until(() => {
    replacement = program.children.find((pid) => !before.includes(pid));
    return replacement !== undefined;
  });
  return replacement ?? 0;
}

describe('a worker that is started while a file is broken', () => {
  it('begins with what was last in force, says so, and notices when the file is whole again', async () => {
    const [first, second, third] = [1, 2, 3].map((n) => testConsumers([{ name: `web-${n}` }]));
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('There are three.');
    write('consumers', first.file);
    write('password', PASSWORD);
    const serving = await twoWorkers({ CALLFIRE_PASSWORD: '', CALLFIRE_PASSWORD_FILE: pathOf('password') });
    const { program } = serving;
    write('consumers', second.file);
    await until(() => workersIn(linesOf(serving, 'done')) === 2);
    write('consumers', BROKEN);
    rmSync(pathOf('password'));
    await until(() => workersIn(linesOf(serving, 'refused')) === 2);

    const replacement = await replaceOne(serving);
    const secrets = [PASSWORD, ...(/[0-9a-f]{64}/.exec(second.file) ?? [])];
    const seen = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${replacement}/${file}`, 'utf8'));
    await bothUp(serving);

    expect(await everywhere(serving, second.keyOf('web-2'), 200)).toBe(true);
    expect(await everywhere(serving, first.keyOf('web-1'), 401)).toBe(true);
    expect(program.logLines.filter(({ msg }) => msg === 'a worker ended and is replaced')).toHaveLength(1);
    const said = program.logLines.filter(({ cause }) => cause === 'start');
    expect(said).toMatchObject([{ worker: 1, level: 50, audit: 'reload', problems: expect.any(Array) }]);
    for (const text of [...seen, program.stdout, program.stderr])
      for (const secret of secrets) expect(text).not.toContain(secret);

    write('password', PASSWORD);
    write('consumers', third.file);
    await until(() => everywhere(serving, third.keyOf('web-3'), 200));
  }, 40_000);
});

describe('a worker that is started while a file changes', () => {
  it('ends up with what it holds now', async () => {
    // A Redis that takes connections and says nothing has each start wait, with the files read and not watched yet.
    const redis = createServer(() => undefined).listen(0, '127.0.0.1');
    ending.push(() => redis.close());
    await once(redis, 'listening');
    const { port } = redis.address() as AddressInfo;
    const [before, after] = [testConsumers([{ name: 'old' }]), testConsumers([{ name: 'new' }])];
    write('consumers', before.file);
    const serving = await twoWorkers({ REDIS_URL: `redis://127.0.0.1:${port}` });
    // So that whoever connects now is the replacement.
    const [, other = 0] = serving.program.children;
    process.kill(other, 'SIGSTOP');

    await replaceOne(serving);
    await once(redis, 'connection');
    write('consumers', after.file);
    process.kill(other, 'SIGCONT');
    await bothUp(serving);

    await until(() => everywhere(serving, after.keyOf('new'), 200));
    expect(await everywhere(serving, before.keyOf('old'), 401)).toBe(true);
  }, 40_000);
});
