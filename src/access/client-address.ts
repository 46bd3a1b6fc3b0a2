import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4, SocketAddress } from 'node:net';
import proxyAddress from 'proxy-addr';

/** The address that a request comes from; `unknown` where its connection is gone. Never throws. */
type AddressOf = (request: IncomingMessage) => string;

const UNKNOWN = 'unknown';
const MAPPED = '::ffff:';

/**
 * Who is at the other end, for limits and logs. `X-Forwarded-For` counts from its right end as far as the peers are
 * `trusted` (in proxy-addr's words): what a caller writes into it stands left of what proxies append.
 */
export function createAddressOf(trusted: readonly string[]): AddressOf {
  if (trusted.length === 0) return ({ socket }) => canonical(socket.remoteAddress ?? UNKNOWN);
  const isTrusted = proxyAddress.compile([...trusted]);
  return (request) => {
    const chain = proxyAddress.all(request, isTrusted);
    // A proxy may append what is no address, such as `unknown`: then it is the proxy that asks.
    return canonical(chain.findLast((address) => isIP(address) !== 0) ?? UNKNOWN);
  };
}

/** What is limited together: an IPv4 address, or the /64 that one IPv6 subscriber has all to himself. */
export function limitKey(address: string): string {
  const plain = canonical(address);
  if (isIP(plain) !== 6) return plain;
  const [left = '', right = ''] = plain.split('::');
  const start = left.split(':').filter(Boolean);
  const end = right.split(':').filter(Boolean);
  const zeros = Array<string>(8 - start.length - end.length).fill('0');
  return `${[...start, ...zeros, ...end].slice(0, 4).join(':')}::/64`;
}

/** One spelling for each address. IPv4 that comes in on an IPv6 socket is IPv4. */
function canonical(address: string): string {
  if (isIP(address) !== 6) return address;
  const plain = new SocketAddress({ address, family: 'ipv6' }).address;
  const mapped = plain.startsWith(MAPPED) ? plain.slice(MAPPED.length) : '';
  return isIPv4(mapped) ? mapped : plain;
}
