import { describe, expect, it } from '@jest/globals';
import { createMemoryCache } from '../../../src/cache/memory-cache.js';
import { anEntry } from './entries.js';

describe('createMemoryCache', () => {
  it('stays within its bytes and keeps what was used last', async () => {
    const cache = createMemoryCache({ maxBytes: 100_000 });
    const body = 'x'.repeat(1_000);
    for (let i = 0; i < 10_000; i += 1) {
      await cache.put(`key${i}`, anEntry({ body }));
      cache.peek('key0');
    }
    const kept = Array.from({ length: 10_000 }, (_, i) => cache.peek(`key${i}`)).filter(
      (entry) => entry !== undefined,
    );
    expect(kept.length).toBeGreaterThan(20);
    expect(kept.length).toBeLessThan(100);
    expect(cache.peek('key0')).toBeDefined();
  });

  it('says so when an entry is too large for it', async () => {
    const cache = createMemoryCache({ maxBytes: 10_000 });
    expect(await cache.put('key', anEntry({ body: 'x'.repeat(20_000) }))).toBe('failed');
    expect(cache.peek('key')).toBeUndefined();
  });

  it('holds nothing in no bytes', async () => {
    const cache = createMemoryCache({ maxBytes: 0 });
    expect(await cache.put('key', anEntry())).toBe('failed');
    expect(cache.peek('key')).toBeUndefined();
  });
});
