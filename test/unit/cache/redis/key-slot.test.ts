import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { slotOf } from '../../../../src/cache/redis/key-slot.js';
import { command } from '../../../support/redis-cluster.js';
import { startRedisServer, type RedisServer } from '../../../support/redis-server.js';

describe('slotOf', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedisServer(['--cluster-enabled', 'yes']);
  });

  afterAll(() => server.stop());

  it.each([
    'callfire-gateway:v1:a:224205636001',
    'callfire-gateway:v1:a:224205636002',
    'x',
    'a{tag}b',
    'a{}b',
    'a{tag',
    'a}tag{b',
    '{a}{b}',
    '{{a}}',
    `key:lease:{callfire-gateway:v1:a:1}`,
    '~'.repeat(300),
  ])('is the slot that Redis names for %s', async (key) => {
    expect(slotOf(key)).toBe(Number(await command(server, 'CLUSTER', 'KEYSLOT', key)));
  });
});
