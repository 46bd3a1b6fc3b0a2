import type { GatewayResponse } from './gateway-response.js';

/** Writes the head of a 200, from names and values in turn, one of them `Content-Length`. */
export type WriteHead = (response: GatewayResponse, headers: readonly string[]) => void;

const STATUS_LINE = 'HTTP/1.1 200 OK\r\n';

/**
 * Writes heads as Node's `writeHead` does, byte for byte, without looking at each header again: whether its name is a
 * token, whether its value can be sent, whether it frames the body. That was a sixth of the instructions of a hit.
 *
 * What Node adds for a connection that is kept (`Date`, `Connection`, `Keep-Alive`) is taken over once a second from an
 * answer whose head Node wrote itself. It writes all of them where connections end, where other headers are set already,
 * and where its heads begin otherwise than ours.
 *
 * For callers that made each value themselves, or have matched it against a pattern: nobody looks for line ends in it.
 */
export function createHeadWriter(now: () => number = Date.now): WriteHead {
  let second = 0;
  let added: string | undefined;
  return (response, headers) => {
    const current = Math.floor(now() / 1000);
    const text = headText(headers);
    const plain = isPlain(response);
    if (plain && current === second && added !== undefined) {
      response._header = text + added;
      return;
    }
    response.writeHead(200, [...headers]);
    if (!plain) return;
    second = current;
    added = addedTo(text, response._header, second);
  };
}

/** Whether nothing but the given headers, on a connection that is kept, comes into it. */
function isPlain(response: GatewayResponse): boolean {
  return response.shouldKeepAlive && !response.headersSent && response.getHeaderNames().length === 0;
}

function headText(headers: readonly string[]): string {
  let text = STATUS_LINE;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    text += name + ': ' + (headers[at + 1] ?? '') + '\r\n';
  }
  return text;
}

/** Node's clock for `Date` may be late by what its process was busy. */
function addedTo(text: string, written: string | null, second: number): string | undefined {
  if (written?.startsWith(text) !== true) return undefined;
  return written.slice(text.length).replace(/^Date: .*/, `Date: ${new Date(second * 1000).toUTCString()}`);
}
