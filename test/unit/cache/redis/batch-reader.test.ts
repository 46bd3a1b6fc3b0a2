import { describe, expect, it } from '@jest/globals';
import { createBatchReader } from '../../../../src/cache/redis/batch-reader.js';

const echo = (keys: string[]) => Promise.resolve(keys.map((key) => Buffer.from(key)));

describe('createBatchReader', () => {
  it('joins what is asked in one turn of the event loop and gives each its own', async () => {
    const batches: string[][] = [];
    const read = createBatchReader((keys) => {
      batches.push(keys);
      return echo(keys);
    });
    const values = await Promise.all([read('a'), Promise.resolve().then(() => read('b')), read('a')]);
    expect(values.map(String)).toEqual(['a', 'b', 'a']);
    expect(batches).toEqual([['a', 'a', 'b']]);
  });

  it('splits more than 64', async () => {
    const sizes: number[] = [];
    const read = createBatchReader((keys) => {
      sizes.push(keys.length);
      return echo(keys);
    });
    const keys = Array.from({ length: 130 }, (_, i) => `${i}`);
    expect((await Promise.all(keys.map(read))).map(String)).toEqual(keys);
    expect(sizes).toEqual([64, 64, 2]);
  });

  it('has nothing for anyone if the read fails, and reads again for the next', async () => {
    const replies = [Promise.resolve(undefined), echo(['c'])];
    const read = createBatchReader(() => replies.shift() ?? Promise.resolve(undefined));
    expect(await Promise.all([read('a'), read('b')])).toEqual([null, null]);
    expect(String(await read('c'))).toBe('c');
  });
});
