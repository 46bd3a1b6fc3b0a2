import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';

/** What a CallFire says that repeats the credentials it was asked with: `pair` is login and password with the colon. */
type Echo = (heard: Heard, response: ServerResponse) => void;

interface Heard {
  readonly id: string;
  readonly pair: string;
  readonly password: string;
  /** Base64, as it came. */
  readonly token: string;
  /** All of it, in many spellings. */
  readonly all: string;
}

const XML = 'application/xml';

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const numbered = (text: string) => Array.from(text, (one) => `&#${one.codePointAt(0) ?? 0};`).join('');
const exception = (message: string) =>
  `<r:ResourceException xmlns:r="http://api.callfire.com/resource"><HttpStatus>500</HttpStatus><Message>${message}</Message></r:ResourceException>`;
const call = (id: string, content: string) =>
  `<r:Resource xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource"><Call id="${id}"><State>FINISHED</State>${content}</Call></r:Resource>`;

const answer =
  (status: number, write: (heard: Heard) => string | Buffer, headers: OutgoingHttpHeaders = {}): Echo =>
  (heard, response) => {
    response.writeHead(status, { 'Content-Type': XML, ...headers }).end(write(heard));
  };
const withHeaders =
  (status: number, headers: (heard: Heard) => OutgoingHttpHeaders): Echo =>
  (heard, response) => {
    response.writeHead(status, { 'Content-Type': XML, ...headers(heard) }).end(call(heard.id, ''));
  };
const bytes =
  (write: (heard: Heard) => string): Echo =>
  (heard, response) => {
    response.socket?.end(write(heard));
  };

/** Every way in which CallFire could fail or answer, each with the credentials wherever there is room for them. */
export const ECHOES: Readonly<Record<string, Echo>> = {
  'a good call, and headers': withHeaders(200, ({ token, password, pair }) => ({
    'X-Echo': token,
    'X-Password': encodeURIComponent(password),
    'X-Hex': Buffer.from(pair).toString('hex'),
    ETag: `"${token}"`,
    Link: `</${encodeURIComponent(pair)}>`,
    'Set-Cookie': `auth=${token}`,
    'WWW-Authenticate': `Basic realm="${token}"`,
    Server: token,
    Warning: `299 - "${token}"`,
  })),
  ...Object.fromEntries(
    [400, 401, 403, 404, 409, 429, 500, 503].map((status) => [
      `an exception, ${status}`,
      answer(status, ({ all }) => exception(escaped(all)), { 'Retry-After': '1' }),
    ]),
  ),
  'an exception by references': answer(409, ({ pair, token }) => exception(numbered(`${pair} ${token}`))),
  'an exception in a section': answer(409, ({ all }) => exception(`<![CDATA[${all}]]>`)),
  'an exception in UTF-16': answer(409, ({ all }) =>
    Buffer.from(`\ufeff${exception(escaped(all))}`, 'utf16le'),
  ),
  'an exception in ISO-8859-1': answer(409, ({ all }) => Buffer.from(exception(escaped(all)), 'latin1'), {
    'Content-Type': 'text/xml; charset=iso-8859-1',
  }),
  'an exception, compressed': answer(409, ({ all }) => gzipSync(exception(escaped(all))), {
    'Content-Encoding': 'gzip',
  }),
  'an exception so long that it is cut': answer(409, ({ all }) => exception('x'.repeat(490) + escaped(all))),
  'an HTML page': answer(500, ({ all }) => `<html><body>${all}</body></html>`, {
    'Content-Type': 'text/html',
  }),
  'plain text instead of a call': answer(200, ({ all }) => all),
  'a call with the password in a note': answer(200, ({ id, password }) =>
    call(id, `<Note><Text>${escaped(password)}</Text></Note>`),
  ),
  'a call with the password by references': answer(200, ({ id, password }) =>
    call(id, `<Note><Text>${numbered(password)}</Text></Note>`),
  ),
  'a call with the header in an attribute': answer(200, ({ id, token }) =>
    call(id, `<ToNumber echo="Basic ${token}">1</ToNumber>`),
  ),
  'a call with the header in an unknown element': answer(200, ({ id, token }) =>
    call(id, `<Echo><Authorization>${token}</Authorization></Echo>`),
  ),
  'a call with the header, in UTF-16': answer(200, ({ id, token }) =>
    Buffer.from(`\ufeff${call(id, `<FinalResult>${token}</FinalResult>`)}`, 'utf16le'),
  ),
  'a call with the header, compressed': answer(
    200,
    ({ id, token }) => deflateSync(call(id, `<FinalResult>${token}</FinalResult>`)),
    { 'Content-Encoding': 'deflate' },
  ),
  'a long call with the header': answer(200, ({ id, token }) =>
    call(
      id,
      `<Label><Name>${'x'.repeat(1000)}</Name></Label>`.repeat(60) + `<FinalResult>${token}</FinalResult>`,
    ),
  ),
  'a call of another id': answer(200, ({ token }) => call('666', `<FinalResult>${token}</FinalResult>`)),
  'a number that is the password': answer(200, ({ id, password }) =>
    call(id, `<BatchId>${escaped(password)}</BatchId>`),
  ),
  'a tag that is not closed': answer(200, ({ id, token }) => call(id, `<${token.replace(/\W/g, '')}>`)),
  'an entity': answer(200, ({ id, token }) => call(id, `&${token.replace(/\W/g, '')};`)),
  'a charset': answer(200, ({ id }) => call(id, ''), { 'Content-Type': 'text/xml; charset=none' }),
  'a charset of that name': withHeaders(200, ({ token }) => ({
    'Content-Type': `text/xml; charset=${token}`,
  })),
  'a coding of that name': withHeaders(200, ({ token }) => ({ 'Content-Encoding': token })),
  'a redirect': withHeaders(302, ({ pair, token }) => ({
    Location: `http://${encodeURIComponent(pair).replace('%3A', ':')}@127.0.0.1/${token}`,
  })),
  'a status that is none': withHeaders(304, ({ token }) => ({ ETag: `"${token}"` })),
  'a body that breaks off': ({ id, all }, response) => {
    response.writeHead(200, { 'Content-Type': XML, 'Content-Length': 100_000 });
    response.write(call(id, escaped(all)), () => response.socket?.destroy());
  },
  'a body that stops': ({ id, all }, response) => {
    response.writeHead(200, { 'Content-Type': XML, 'Content-Length': 100_000 });
    response.write(call(id, escaped(all)));
  },
  'a reset': (_heard, response) => response.socket?.resetAndDestroy(),
  silence: () => undefined,
  'what is not HTTP': bytes(({ all }) => `${all}\r\n\r\n`),
  'a header that is none': bytes(({ token }) => `HTTP/1.1 200 OK\r\n${token}\r\nX: \u0000${token}\r\n\r\n`),
  'a reason': bytes(({ token }) => `HTTP/1.1 409 ${token}\r\nContent-Length: 0\r\n\r\n`),
  'a length that is none': bytes(({ token }) => `HTTP/1.1 200 OK\r\nContent-Length: ${token}\r\n\r\n`),
};

export interface Parrot {
  readonly baseUrl: string;
  /** How every request is answered from now on. */
  echo: Echo | undefined;
  stop(): Promise<void>;
}

/** A CallFire that takes any credentials and repeats them. Without an echo it answers an empty call. */
export async function startParrot(): Promise<Parrot> {
  const server = createServer((request, response) => {
    const { authorization = '' } = request.headers;
    const token = authorization.replace('Basic ', '');
    const pair = Buffer.from(token, 'base64').toString();
    const password = pair.slice(pair.indexOf(':') + 1);
    const heard = {
      id: /\d+/.exec((request.url ?? '').split('call/')[1] ?? '')?.[0] ?? '1',
      pair,
      password,
      token,
    };
    (parrot.echo ?? answer(200, ({ id }) => call(id, '')))({ ...heard, all: spellings(heard) }, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const parrot: Parrot = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/1.1/rest`,
    echo: undefined,
    async stop() {
      server.close().closeAllConnections();
      await once(server, 'close');
    },
  };
  return parrot;
}

function spellings({ pair, password, token }: Omit<Heard, 'all' | 'id'>): string {
  const login = pair.slice(0, -password.length - 1);
  return [
    ...[login, password, pair, token, `Basic ${token}`],
    Buffer.from(password).toString('base64'),
    Buffer.from(login).toString('base64url'),
    encodeURIComponent(pair),
    JSON.stringify(password),
    Buffer.from(pair).toString('hex'),
    escaped(password),
  ].join(' ');
}
