import { once } from 'node:events';
import { createServer, IncomingMessage, request as ask } from 'node:http';
import { Socket, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAddressOf, limitKey } from '../../../src/access/client-address.js';

interface Visit {
  readonly trusted: readonly string[];
  readonly forwarded?: string | string[];
  /** What the server listens on; the peer comes from the same. */
  readonly host?: string;
}

/** What a server makes of one real request. */
async function addressOf({ trusted, forwarded, host = '127.0.0.1' }: Visit): Promise<string> {
  const find = createAddressOf(trusted);
  const server = createServer((request: IncomingMessage, response) => response.end(find(request)));
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const sent = ask({ host: '127.0.0.1', port, headers, agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const body = Buffer.concat(await answer.toArray()).toString();
  server.close();
  return body;
}

describe('createAddressOf', () => {
  it('is the peer of the connection', async () => {
    expect(await addressOf({ trusted: [] })).toBe('127.0.0.1');
  });

  it('shows IPv4 on an IPv6 socket as IPv4', async () => {
    expect(await addressOf({ trusted: [], host: '::' })).toBe('127.0.0.1');
    expect(await addressOf({ trusted: ['loopback'], host: '::', forwarded: '::ffff:c633:6407' })).toBe(
      '198.51.100.7',
    );
  });

  it.each([[], ['10.0.0.0/8'], ['::1']])(
    'takes nothing from X-Forwarded-For of a peer that is not trusted (%j)',
    async (...trusted) => {
      const forwarded = ['198.51.100.7', '127.0.0.1, 10.0.0.1'];
      expect(await addressOf({ trusted, forwarded })).toBe('127.0.0.1');
    },
  );

  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['forged, 203.0.113.9, 198.51.100.7', '198.51.100.7'],
    ['127.0.0.1, 10.1.1.1, 198.51.100.7', '198.51.100.7'],
    ['203.0.113.9, 198.51.100.7, 10.1.1.1', '198.51.100.7'],
    ['10.2.2.2, 10.1.1.1', '10.2.2.2'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['198.51.100.7,', '198.51.100.7'],
  ])('believes trusted proxies what they have appended: %s', async (forwarded, address) => {
    expect(await addressOf({ trusted: ['loopback', '10.0.0.0/8'], forwarded })).toBe(address);
  });

  it('takes several lines of the header for one', async () => {
    const forwarded = ['203.0.113.9', '198.51.100.7'];
    expect(await addressOf({ trusted: ['loopback'], forwarded })).toBe('198.51.100.7');
  });

  it.each([
    '',
    ' , ,',
    'unknown',
    '198.51.100.7:4711',
    '[2001:db8::1]',
    '1',
    '999.1.1.1',
    '198.51.100.7, _hidden',
  ])('takes the proxy itself where it appends what is no address: %j', async (forwarded) => {
    expect(await addressOf({ trusted: ['loopback'], forwarded })).toBe('127.0.0.1');
  });

  it('is unknown where the connection is gone', () => {
    const gone = new IncomingMessage(new Socket());
    expect(createAddressOf([])(gone)).toBe('unknown');
    expect(createAddressOf(['loopback'])(gone)).toBe('unknown');
  });

  it('never throws, whatever the header holds', () => {
    const find = createAddressOf(['loopback', '10.0.0.0/8', 'fc00::/7']);
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '::ffff:127.0.0.1' });
    const part = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constantFrom('10.1.1.1', 'fc00::1%eth0'));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const request = new IncomingMessage(socket);
        request.headers['x-forwarded-for'] = parts.join(',');
        expect(limitKey(find(request))).toMatch(/^[0-9a-f.:]+(\/64)?$/);
      }),
    );
  });
});

describe('limitKey', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:ffff::6', '2001:db8:0:0::/64'],
    ['64:ff9b::198.51.100.7', '64:ff9b:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('groups %s as %s', (address, key) => {
    expect(limitKey(address)).toBe(key);
  });

  it('is the same for all addresses of a /64, and another for every other', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    const groups = (count: number) => fc.array(group, { minLength: count, maxLength: count });
    fc.assert(
      fc.property(groups(4), groups(4), groups(4), (net, one, other) => {
        const key = limitKey([...net, ...one].join(':'));
        expect(limitKey([...net, ...other].join(':'))).toBe(key);
        if (net.join(':') !== one.join(':')) expect(limitKey([...one, ...one].join(':'))).not.toBe(key);
      }),
    );
  });
});
