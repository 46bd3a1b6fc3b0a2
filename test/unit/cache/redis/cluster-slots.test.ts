import { describe, expect, it } from '@jest/globals';
import { addressName, readClusterSlots } from '../../../../src/cache/redis/cluster-slots.js';

const ASKED = { host: 'redis.example', port: 7000 };

describe('readClusterSlots', () => {
  it('reads which master serves which slots, in their order, and the addresses of all nodes', () => {
    const reply = [
      [8192, 16383, ['10.0.0.2', 7001, 'id2', []]],
      [0, 8191, ['10.0.0.1', 7000, 'id1', []], ['10.0.0.3', 7002, 'id3', []]],
    ];
    const slots = readClusterSlots(reply, ASKED);
    expect(slots?.ranges).toEqual([
      { first: 0, last: 8191, master: { host: '10.0.0.1', port: 7000 } },
      { first: 8192, last: 16383, master: { host: '10.0.0.2', port: 7001 } },
    ]);
    expect(slots?.addresses.map(addressName).sort()).toEqual([
      '10.0.0.1:7000',
      '10.0.0.2:7001',
      '10.0.0.3:7002',
    ]);
  });

  it.each([null, '', '?'])('takes a node whose host is %j for the one that was asked', (host) => {
    const slots = readClusterSlots([[0, 16383, [host, 7005, 'id']]], ASKED);
    expect(slots?.ranges[0]?.master).toEqual({ host: 'redis.example', port: 7005 });
  });

  it('leaves out a master without a port for this kind of connection', () => {
    const reply = [
      [0, 99, ['10.0.0.1', 0, 'id1']],
      [100, 199, ['10.0.0.2', 7001, 'id2']],
    ];
    expect(readClusterSlots(reply, ASKED)?.ranges.map(({ first }) => first)).toEqual([100]);
  });

  it.each([[undefined], [null], ['OK'], [[]], [[[0, 1]]], [[[0, 1, null]]], [[7]]])(
    'has nothing to say of %j',
    (reply) => {
      expect(readClusterSlots(reply, ASKED)).toBeUndefined();
    },
  );
});
