import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileWatch } from '../../src/file-watch.js';

let folder = '';
let told = 0;
let watch = new FileWatch(() => undefined);
const path = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callfire-gateway-watch-'));
  told = 0;
  watch = new FileWatch(() => {
    told += 1;
  });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('FileWatch', () => {
  it('tells of changes once, when a look later nothing more has changed', async () => {
    watch.add([path('login'), path('password')]);
    await watch.look();
    writeFileSync(path('login'), 'new');
    await watch.look();
    writeFileSync(path('password'), 'new');
    await watch.look();
    expect(told).toBe(0);
    await watch.look();
    expect(told).toBe(1);
    await watch.look();
    expect(told).toBe(1);
  });

  it('tells of a file that comes and of one that goes', async () => {
    watch.add([path('file')]);
    writeFileSync(path('file'), '');
    await watch.look();
    await watch.look();
    expect(told).toBe(1);
    rmSync(path('file'));
    await watch.look();
    await watch.look();
    expect(told).toBe(2);
  });

  it('does not wait for ever for a file that changes all the time', async () => {
    watch.add([path('file')]);
    for (let size = 1; size <= 20; size += 1) {
      writeFileSync(path('file'), ' '.repeat(size));
      await watch.look();
    }
    expect(told).toBe(2);
  });

  it('is silent about what had changed when it was marked', async () => {
    watch.add([path('file')]);
    writeFileSync(path('file'), 'new');
    await watch.look();
    const underWay = watch.look();
    watch.mark();
    await underWay;
    await watch.look();
    expect(told).toBe(0);
  });

  it('says whether a file is new to it, and forgets the others', async () => {
    expect(watch.add([path('one'), path('two')])).toBe(true);
    expect(watch.add([path('two')])).toBe(false);
    watch.keepOnly([path('two')]);
    writeFileSync(path('one'), '');
    await watch.look();
    await watch.look();
    expect(told).toBe(0);
    expect(watch.add([path('one')])).toBe(true);
  });
});
