import { describe, expect, it } from '@jest/globals';
import { authorizationOf, createCredentials } from '../../../src/callfire/credentials.js';

const LOGIN = 'login+1@example.com';
const PASSWORD = 'p&ss<w>"ö\'rd/\\ 50%?';
const pair = Buffer.from(`${LOGIN}:${PASSWORD}`);
const credentials = createCredentials([{ login: LOGIN, password: PASSWORD }]);
const only = (login: string, password: string) => createCredentials([{ login, password }]);

describe('authorizationOf', () => {
  it('makes the Basic header of RFC 7617, with UTF-8', () => {
    expect(authorizationOf({ login: 'test', password: '123£' })).toBe('Basic dGVzdDoxMjPCow==');
  });
});

describe('createCredentials', () => {
  const spellings: [string, string][] = [
    ['the login', LOGIN],
    ['the password', PASSWORD],
    ['base64 of both', pair.toString('base64')],
    ['base64 without padding', pair.toString('base64').replace(/=/g, '')],
    ['base64url', pair.toString('base64url')],
    ['hexadecimal of both', pair.toString('hex')],
    ['hexadecimal of the password', Buffer.from(PASSWORD).toString('hex').toUpperCase()],
    ['base64 of the password', Buffer.from(PASSWORD).toString('base64')],
    ['base64 of the login', Buffer.from(LOGIN).toString('base64')],
    ['percent-encoded', encodeURIComponent(PASSWORD)],
    ['percent-encoded in lower case', encodeURIComponent(PASSWORD).toLowerCase()],
    ['a form field', new URLSearchParams([['', PASSWORD]]).toString().slice(1)],
    ['base64 that a decoder complains about in lower case', pair.toString('base64').toLowerCase()],
    ['JSON in JSON', JSON.stringify(JSON.stringify(PASSWORD).slice(1, -1)).slice(1, -1)],
    ['UTF-8 that was read as Latin-1', Buffer.from(PASSWORD).toString('latin1')],
    ['percent-encoded base64', encodeURIComponent(pair.toString('base64'))],
    ['JSON', JSON.stringify(PASSWORD).slice(1, -1)],
    ['JSON in ASCII with escaped solidus', 'p&ss<w>\\"\\u00F6\'rd\\/\\\\ 50%?'],
    ['XML', 'p&amp;ss&lt;w&gt;&quot;ö&apos;rd/\\ 50%?'],
    ['XML with character references', 'p&#38;ss&#x3C;w&#062;&#34;&#xf6;&#39;rd/\\ 50%?'],
  ];

  it.each(spellings)('scrubs %s', (_name, spelled) => {
    expect(credentials.scrub(`before ${spelled} after, ${spelled}`)).toBe(
      'before [redacted] after, [redacted]',
    );
  });

  it('leaves any other text as it is', () => {
    const text = 'login p&ss 50% [redacted] \\ &amp; &#38;';
    expect(credentials.scrub(text)).toBe(text);
  });

  it('replaces the longer secret where one contains the other', () => {
    expect(only('abc', 'abcdef').scrub('abcdef abc')).toBe('[redacted] [redacted]');
    expect(only('abcdef', 'abc').scrub('abcdef abc')).toBe('[redacted] [redacted]');
  });

  it('replaces the longer secret where that of one login contains that of another', () => {
    const both = createCredentials([
      { login: 'a-login', password: 'secret' },
      { login: 'b-login', password: 'secret-2' },
    ]);
    expect(both.scrub('secret-2 secret a-login b-login')).toBe('[redacted] [redacted] [redacted] [redacted]');
  });

  it('takes no credentials at all', () => {
    expect(createCredentials([]).scrub('text')).toBe('text');
    expect(createCredentials([]).appearIn('text')).toBe(false);
  });

  it('takes an empty password', () => {
    expect(only('user', '').scrub('a user b dXNlcjo= c')).toBe('a [redacted] b [redacted] c');
  });

  it('takes characters beyond the basic plane', () => {
    expect(only('user', '🔑').scrub('\\ud83d\\uDD11 &#x1F511; %F0%9F%94%91 🔑')).toBe(
      '[redacted] [redacted] [redacted] [redacted]',
    );
  });

  it.each(['a%20b&amp;\\u0041+c', 'ends in a backslash &\\', '\\begins "with one'])(
    'finds what looks as if it held escapes itself: %s',
    (password) => {
      const known = only('user', password);
      const xml = password.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
      const json = JSON.stringify(password);
      const url = encodeURIComponent(password);
      for (const spelled of [password, xml, url, encodeURIComponent(xml)])
        expect(known.scrub(`<${spelled}>`)).toBe('<[redacted]>');
      expect(known.scrub(json)).toBe('"[redacted]"');
    },
  );

  it('takes half of a surrogate pair, which is sent as another character', () => {
    expect(only('user', 'half \ud83d').scrub('half \ufffd')).toBe('[redacted]');
  });

  it('is there at once for the longest credentials, and needs next to nothing for a header', () => {
    const long = (name: string) => ({ login: name.repeat(60), password: `${name}&<"%é/`.repeat(25) });
    const header = 'attachment; filename="recording-135106697001-2014%20.mp3"';
    const began = performance.now();
    for (let round = 0; round < 20; round += 1) {
      const known = createCredentials(['abc', 'def', 'ghi', 'jkl'].map(long));
      expect(Array.from({ length: 100 }, () => known.scrub(header)).every((text) => text === header)).toBe(
        true,
      );
    }
    // 2,000 headers after 20 rotations: about 50 ms, and many seconds with all spellings in one pattern.
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('takes credentials of any length', () => {
    const password = '(&"x'.repeat(100_000);
    expect(only('user', password).scrub(`it is ${encodeURIComponent(password)}.`)).toBe('it is [redacted].');
  });

  it('needs no long time for a long text', () => {
    const text = '%26&#0000000000'.repeat(100_000);
    // Were it to try every beginning at every place, the test's time would not do.
    expect(credentials.scrub(text)).toBe(text);
  });
});

describe('credentials.appearIn', () => {
  const answerWith = (text: string) =>
    Buffer.from(JSON.stringify({ notes: [{ text }] }), 'utf8').toString('latin1');
  const base64 = pair.toString('base64');

  it.each([
    ['the header value', base64],
    ['the header value without its padding', base64.replace(/=+$/, '')],
    ['the header value in the alphabet of URLs', pair.toString('base64url')],
    ['the header value percent-encoded', encodeURIComponent(base64)],
    ['the password', PASSWORD],
    ['the password percent-encoded', encodeURIComponent(PASSWORD)],
  ])('finds %s', (_name, spelled) => {
    expect(credentials.appearIn(answerWith(spelled))).toBe(true);
  });

  it('takes neither a login nor a short password for a leak, which may be words', () => {
    expect(credentials.appearIn(answerWith(LOGIN))).toBe(false);
    expect(only('user', 'welcome').appearIn(answerWith('welcome'))).toBe(false);
  });
});
