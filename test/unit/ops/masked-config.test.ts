import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../../src/config.js';
import { maskConfig } from '../../../src/ops/masked-config.js';

const HASH = 'ab12cd34'.padEnd(64, '0');
const SECRETS = {
  CALLFIRE_NEXT_LOGIN: 'secret-1',
  CALLFIRE_NEXT_PASSWORD: 'secret-2',
  OTEL_EXPORTER_OTLP_HEADERS: 'key=secret-3',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel.example/v1?key=secret-4',
  AUTH_JWKS_URL: 'https://issuer.example/keys?key=secret-5',
  CALLFIRE_LOGIN: 'secret-6',
  CALLFIRE_PASSWORD: 'secret-7',
  REDIS_URL:
    'redis+sentinel://secret-8:secret-9@a:1/theMaster?sentinelUsername=secret-10&sentinelPassword=secret-11',
};

const shown = (environment: Record<string, string>, files: Record<string, string> = {}): unknown =>
  JSON.parse(JSON.stringify(maskConfig(readConfig(environment, (path) => files[path] ?? ''))));

describe('maskConfig', () => {
  it('shows where things are and no secret of any kind', () => {
    const issuer = { AUTH_JWT_ISSUER: 'https://issuer.example', AUTH_JWT_AUDIENCE: 'us' };
    const config = shown({ ...SECRETS, ...issuer });
    expect(JSON.stringify(config)).not.toContain('secret');
    expect(config).toMatchObject({
      tokens: true,
      variables: {
        AUTH_JWKS_URL: 'https://issuer.example/keys',
        REDIS_URL: { mode: 'sentinel', masterName: 'theMaster', username: '***', password: '***' },
        CALLFIRE_LOGIN: '***',
        AUTH_JWT_AUDIENCE: 'us',
      },
      accounts: [{ name: 'default', baseUrl: 'https://www.callfire.com/api/1.1/rest', next: '***' }],
    });
  });

  it('shows consumers with what tells their keys apart', () => {
    const consumers = [
      {
        name: 'web',
        keys: [{ sha256: HASH, expires: '2027-01-31T00:00:00Z' }],
        limit: { requests: 5, seconds: 1 },
      },
    ];
    const environment = { CALLFIRE_LOGIN: 'a', CALLFIRE_PASSWORD: 'b', CONSUMERS_FILE: '/consumers' };
    const config = shown(environment, { '/consumers': JSON.stringify({ consumers }) });
    expect(JSON.stringify(config)).not.toContain(HASH);
    expect(config).toMatchObject({
      open: false,
      consumers: [
        {
          name: 'web',
          scopes: ['calls:read'],
          limit: { requests: 5, seconds: 1 },
          keys: [{ sha256: 'ab12cd34…', expires: '2027-01-31T00:00:00.000Z' }],
        },
      ],
    });
  });
});
