import type { IncomingMessage } from 'node:http';
export function createAddressOf(_trusted: readonly string[]): (request: IncomingMessage) => string {
  return (request) => request.socket.remoteAddress ?? '';
}
export function limitKey(address: string): string {
  return address;
}
