import { describe, expect, it } from '@jest/globals';
import { SecretScan, secretsOfLogin } from '../support/secret-scan.js';

const LOGIN = 'gate-login';
const PASSWORD = 'S3cret/p+ss="wörd"&<é>\\';
const PAIR = `${LOGIN}:${PASSWORD}`;

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Spelled here by hand or by what others use, so that a mistake in the scanner is seen. */
const SPELLED: Readonly<Record<string, string | Uint8Array>> = {
  'the login': LOGIN,
  'the login in capitals': 'GATE-LOGIN',
  'the password': PASSWORD,
  both: PAIR,
  'an Authorization header': `Authorization: Basic ${base64(PAIR)}`,
  'Base64 without padding': base64(PAIR).replace(/=+$/, ''),
  'Base64 of the password': base64(PASSWORD),
  'Base64 of the login': base64(LOGIN),
  Base64URL: Buffer.from(PAIR).toString('base64url'),
  'Base64 in a URL': encodeURIComponent(base64(PAIR)),
  'Base64 of more, one byte later': base64(`a${PASSWORD} and more`),
  'Base64 of more, two bytes later': base64(`ab${PASSWORD} and more`),
  'Base64 of more, three bytes later': base64(`abc${PASSWORD}`),
  'hex digits': Buffer.from(PASSWORD).toString('hex'),
  'hex digits in capitals': Buffer.from(PASSWORD).toString('hex').toUpperCase(),
  'in a path': `/x/${encodeURIComponent(PASSWORD)}/y`,
  'in a path, in lower case': encodeURIComponent(PASSWORD).toLowerCase(),
  'in a query': new URLSearchParams({ password: PASSWORD }).toString(),
  'in a URL of a browser': `http://h/?q=${encodeURI(PASSWORD)}`,
  'percent-encoded throughout': Buffer.from(LOGIN).toString('hex').replace(/../g, '%$&'),
  'in JSON': JSON.stringify({ password: PASSWORD }),
  'in JSON within JSON': JSON.stringify({ body: JSON.stringify({ password: PASSWORD }) }),
  'in JSON by escapes': '\\u0067\\u0061\\u0074\\u0065\\u002d\\u006c\\u006f\\u0067\\u0069\\u006e',
  'in XML': `<p>S3cret/p+ss=&quot;wörd&quot;&amp;&lt;é&gt;\\</p>`,
  'in XML by numbers': '&#103;&#97;&#116;&#101;&#45;&#108;&#111;&#103;&#105;&#110;',
  'in XML by hexadecimal numbers': '&#x67;&#x61;&#x74;&#x65;&#x2D;&#x6C;&#x6F;&#x67;&#x69;&#x6E;',
  'in UTF-8 bytes': Buffer.from(PASSWORD),
  'in UTF-16': Buffer.from(`\ufeff${PASSWORD}`, 'utf16le'),
  'in UTF-16, big-endian': Buffer.from(PASSWORD, 'utf16le').swap16(),
};

const secrets = secretsOfLogin('CallFire', LOGIN, PASSWORD);

describe('SecretScan', () => {
  it.each(Object.entries(SPELLED))('finds %s', (_case, text) => {
    const scan = new SecretScan(secrets);
    scan.look('here', text);
    expect(scan.take().length).toBeGreaterThan(0);
  });

  it('says what leaked, how and where', () => {
    const scan = new SecretScan([{ name: 'a key', text: 'abcdefgh' }]);
    scan.look('a header', 'x: abcdefgh');
    expect(scan.take()).toEqual([{ name: 'a key', form: 'plain', where: 'a header: x: abcdefgh' }]);
  });

  it.each(['', 'gate', 'login: gate', '[redacted]', base64('something else'), '{"gate":"login"}'])(
    'finds nothing in %j',
    (text) => {
      const scan = new SecretScan(secrets);
      scan.look('here', text);
      expect(scan.take()).toEqual([]);
      expect(scan.scanned).toBe(text.length);
    },
  );

  it('refuses a secret that would be found everywhere', () => {
    expect(() => new SecretScan([{ name: 'a word', text: 'a' }])).toThrow('a word');
  });
});
