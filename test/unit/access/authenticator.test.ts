import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { createApiKey, hashApiKey } from '../../../src/access/api-key.js';
import { createAuthenticator, type Authenticator } from '../../../src/access/authenticator.js';
import type { ConsumerConfig } from '../../../src/config/consumers-file.js';
import type { TokenConfig } from '../../../src/config/tokens.js';
import { GatewayError } from '../../../src/errors.js';
import { RecordingLog } from '../../support/recording-log.js';
import { createSigner, NOW, startPublisher, tokenConfig } from '../../support/issuer.js';

const signer = await createSigner('k1');
const key = createApiKey();
const expired = createApiKey();
const otherKey = createApiKey();

const account = {
  name: 'main',
  keyName: 'main',
  baseUrl: new URL('https://callfire.example'),
  current: { login: 'l', password: 'p' },
  next: undefined,
  timeoutMs: 1,
  maxBytes: 1,
  maxConcurrency: 1,
};

const consumer = (name: string, keys: ConsumerConfig['keys']): ConsumerConfig => ({
  name,
  keys,
  account: undefined,
  scopes: ['calls:read'],
  limit: undefined,
  origins: undefined,
});

const consumers = [
  consumer('web', [
    { sha256: hashApiKey(key), expires: undefined },
    { sha256: hashApiKey(expired), expires: NOW },
  ]),
  consumer('app', [{ sha256: hashApiKey(otherKey), expires: undefined }]),
];

interface Given {
  readonly consumers?: readonly ConsumerConfig[] | undefined;
  readonly tokens?: TokenConfig | undefined;
  readonly previous?: Authenticator;
}

function authenticator({ previous, ...given }: Given = { consumers }) {
  const open = given.consumers === undefined && given.tokens === undefined;
  return createAuthenticator({
    access: { accounts: [account], consumers: given.consumers, tokens: given.tokens, open },
    defaultLimit: { requests: 600, seconds: 60 },
    log: new RecordingLog(),
    now: () => NOW,
    previous,
  });
}

const both = () => authenticator({ consumers, tokens: tokenConfig({ keys: [signer.jwk] }) });
const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

async function refusal(headers: IncomingHttpHeaders, { identify } = both()): Promise<GatewayError> {
  try {
    await identify(headers);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('createAuthenticator', () => {
  it.each<[string, IncomingHttpHeaders]>([
    ['Authorization: Bearer', { authorization: `Bearer ${key}` }],
    ['a scheme in other letters', { authorization: `bEARER ${key}` }],
    ['more white space', { authorization: `Bearer   ${key} ` }],
    ['X-API-Key', { 'x-api-key': key }],
    ['Basic with the name', basic('web', key)],
    ['Basic with the key as name, too', basic(key, key)],
    ['basic in other letters', { authorization: basic('web', key).authorization.replace('Basic', 'BASIC') }],
  ])('takes a key by %s, at once', (_case, headers) => {
    expect(both().identify(headers)).toMatchObject({
      kind: 'key',
      name: 'web',
      account: 'main',
      limit: { requests: 600, seconds: 60 },
    });
  });

  it('takes a token, the first time by a promise and then at once', async () => {
    const { identify } = both();
    const headers = { authorization: `Bearer ${await signer.sign()}` };
    const caller = identify(headers);
    expect(caller).toBeInstanceOf(Promise);
    expect(await caller).toMatchObject({ kind: 'token', name: 'token:anna' });
    expect(identify(headers)).toBe(await caller);
  });

  it('says one and the same of whatever is wrong with a credential', async () => {
    const unknown = createApiKey();
    const token = await signer.sign();
    const wrong: IncomingHttpHeaders[] = [
      { authorization: `Bearer ${unknown}` },
      { authorization: `Bearer ${expired}` },
      { authorization: `Bearer ${key}x` },
      { authorization: 'Bearer ' },
      { authorization: 'Bearer a.b.c' },
      { authorization: `Bearer ${await signer.sign({ exp: 1 })}` },
      { authorization: `Bearer ${token}`.slice(0, -4) },
      { authorization: `Bearer ${'x'.repeat(100_000)}` },
      { authorization: `Bearer ${key}, Bearer ${key}` },
      { 'x-api-key': unknown },
      { 'x-api-key': expired },
      { 'x-api-key': '' },
      { 'x-api-key': token },
      { 'x-api-key': 'x'.repeat(100_000) },
      { 'x-api-key': hashApiKey(key) },
      { authorization: `${basic('web', key).authorization}, x` },
      basic('app', key),
      basic('WEB', key),
      basic('', key),
      basic('web', unknown),
      basic('web', expired),
      basic('nobody', unknown),
      basic(key, ''),
      basic(key, otherKey),
      basic('web', token),
      { authorization: 'Basic !!!' },
      { authorization: `Basic ${Buffer.from('nocolon').toString('base64')}` },
    ];
    const said = await Promise.all(wrong.map(async (headers) => refusal(headers)));
    expect(new Set(said.map(({ code, message }) => `${code}: ${message}`))).toEqual(
      new Set([expect.stringMatching(/^unauthenticated: The credential is not accepted/)]),
    );
  });

  it.each([
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Digest username="web"' },
  ])('says how to show a credential where %j shows none', async (headers) => {
    const { code, message } = await refusal(headers);
    expect([code, message]).toEqual(['unauthenticated', expect.stringContaining('X-API-Key')]);
  });

  it('refuses two credentials, good as they may be', async () => {
    const { code, message } = await refusal({ authorization: `Bearer ${key}`, 'x-api-key': key });
    expect([code, message]).toEqual(['unauthenticated', expect.stringContaining('not both')]);
  });

  it('throws at once for keys, so that nothing has to be waited for', () => {
    expect(() => both().identify({ 'x-api-key': createApiKey() })).toThrow(GatewayError);
  });

  it('takes keys alone where no issuer is configured, and tokens alone where no consumers are', async () => {
    const token = { authorization: `Bearer ${await signer.sign()}` };
    expect((await refusal(token, authenticator())).code).toBe('unauthenticated');
    const tokensOnly = authenticator({ tokens: tokenConfig({ keys: [signer.jwk] }) });
    expect((await refusal({ 'x-api-key': key }, tokensOnly)).code).toBe('unauthenticated');
    expect(await tokensOnly.identify(token)).toMatchObject({ kind: 'token' });
  });

  it('lets nobody in where the list of consumers is empty', async () => {
    expect((await refusal({ 'x-api-key': key }, authenticator({ consumers: [] }))).code).toBe(
      'unauthenticated',
    );
    expect((await refusal({}, authenticator({ consumers: [] }))).code).toBe('unauthenticated');
  });

  it.each<IncomingHttpHeaders>([
    {},
    basic('any', 'key'),
    { authorization: 'nonsense', 'x-api-key': 'x' },
    { authorization: 'x'.repeat(100_000) },
  ])('takes everybody for one and the same where it is open', (headers) => {
    const { identify } = authenticator({});
    const caller = identify(headers);
    expect(caller).toEqual({
      kind: 'open',
      name: 'open',
      account: 'main',
      scopes: new Set(['calls:read', 'passthrough:read', 'passthrough:write']),
      limit: undefined,
      origins: undefined,
    });
    expect(identify({})).toBe(caller);
  });

  it('takes over what the one before knows of the issuer', async () => {
    const publisher = await startPublisher(signer);
    const previous = authenticator({ consumers, tokens: tokenConfig(publisher.url) });
    await previous.identify({ authorization: `Bearer ${await signer.sign()}` });
    const next = authenticator({ consumers: [], tokens: tokenConfig(new URL(publisher.url)), previous });
    const headers = { authorization: `Bearer ${await signer.sign({ sub: 'ben' })}` };
    expect(await next.identify(headers)).toMatchObject({ name: 'token:ben' });
    expect(publisher.asked).toBe(1);
  });
});
