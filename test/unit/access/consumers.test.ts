import { describe, expect, it } from '@jest/globals';
import { createApiKey, hashApiKey } from '../../../src/access/api-key.js';
import { Consumers } from '../../../src/access/consumers.js';
import type { ConsumerConfig } from '../../../src/config/consumers-file.js';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DEFAULTS = { defaultAccount: 'main', defaultLimit: { requests: 600, seconds: 60 } };

function consumer(name: string, keys: readonly string[], more: Partial<ConsumerConfig> = {}): ConsumerConfig {
  return {
    name,
    keys: keys.map((key) => ({ sha256: hashApiKey(key), expires: undefined })),
    account: undefined,
    scopes: ['calls:read'],
    limit: undefined,
    origins: undefined,
    ...more,
  };
}

describe('Consumers', () => {
  it('finds whose key it is, with what that consumer may', () => {
    const [web, app] = [createApiKey(), createApiKey()];
    const limit = { requests: 5, seconds: 1 };
    const consumers = new Consumers(
      [
        consumer('web', [web], { account: 'sales', limit, origins: ['https://a.example'] }),
        consumer('app', [app], { scopes: ['passthrough:read', 'passthrough:write'] }),
      ],
      DEFAULTS,
    );
    expect(consumers.find(web, () => NOW)).toEqual({
      kind: 'key',
      name: 'web',
      account: 'sales',
      scopes: new Set(['calls:read']),
      limit,
      origins: new Set(['https://a.example']),
    });
    expect(consumers.find(app, () => NOW)).toEqual({
      kind: 'key',
      name: 'app',
      account: 'main',
      scopes: new Set(['passthrough:read', 'passthrough:write']),
      limit: DEFAULTS.defaultLimit,
      origins: undefined,
    });
  });

  it('answers with one object for all keys of a consumer', () => {
    const keys = [createApiKey(), createApiKey()];
    const consumers = new Consumers([consumer('web', keys)], DEFAULTS);
    const [first, second] = keys.map((key) => consumers.find(key, () => NOW));
    expect(first).toBeDefined();
    expect(second).toBe(first);
  });

  it('finds nobody for any other key, text or hash', () => {
    const key = createApiKey();
    const consumers = new Consumers([consumer('web', [key])], DEFAULTS);
    for (const other of [createApiKey(), '', 'web', hashApiKey(key), key.slice(1), `${key}x`, '__proto__'])
      expect(consumers.find(other, () => NOW)).toBeUndefined();
    expect(new Consumers([], DEFAULTS).find(key, () => NOW)).toBeUndefined();
  });

  it('refuses a key from the moment on at which it expires, and goes on taking the others', () => {
    const [old, next] = [createApiKey(), createApiKey()];
    const keys = [
      { sha256: hashApiKey(old), expires: NOW },
      { sha256: hashApiKey(next), expires: undefined },
    ];
    const consumers = new Consumers([consumer('web', [], { keys })], DEFAULTS);
    expect(consumers.find(old, () => NOW - 1)?.name).toBe('web');
    expect(consumers.find(old, () => NOW)).toBeUndefined();
    expect(consumers.find(next, () => NOW)?.name).toBe('web');
  });

  it('keeps no key in what it holds', () => {
    const key = createApiKey();
    expect(
      JSON.stringify(new Consumers([consumer('web', [key])], DEFAULTS).find(key, () => NOW)),
    ).not.toContain(key);
  });
});
