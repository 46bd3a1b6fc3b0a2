import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { decompress } from '../../../../src/callfire/connection/decompress.js';

const TEXT = Buffer.from('<Call>'.repeat(100));

describe('decompress', () => {
  it.each<[string, string | undefined, Buffer]>([
    ['no coding', undefined, TEXT],
    ['an empty coding', '', TEXT],
    ['identity', 'Identity', TEXT],
    ['gzip', 'gzip', gzipSync(TEXT)],
    ['x-gzip, in any case', ' X-GZip ', gzipSync(TEXT)],
    ['deflate as RFC 9110 means it', 'deflate', deflateSync(TEXT)],
    ['deflate at every level', 'deflate', deflateSync(TEXT, { level: 1 })],
    ['deflate without the zlib header', 'deflate', deflateRawSync(TEXT)],
    ['stored deflate blocks without the zlib header', 'deflate', deflateRawSync(TEXT, { level: 0 })],
  ])('understands %s', async (_name, coding, body) => {
    expect((await decompress(body, coding, TEXT.length)).equals(TEXT)).toBe(true);
  });

  it.each(['br', 'compress', 'gzip, gzip', 'constructor'])('refuses the coding %s', async (coding) => {
    await expect(decompress(gzipSync(TEXT), coding, 1e6)).rejects.toThrow();
  });

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
  ])('refuses a %s stream cut anywhere', async (coding, whole) => {
    for (let length = 0; length < whole.length; length++) {
      await expect(decompress(whole.subarray(0, length), coding, 1e6)).rejects.toThrow();
    }
  });

  it('refuses a broken stream', async () => {
    const broken = gzipSync(TEXT);
    broken.writeUInt8(broken.readUInt8(broken.length - 8) ^ 1, broken.length - 8);
    await expect(decompress(broken, 'gzip', 1e6)).rejects.toThrow();
    await expect(decompress(TEXT, 'gzip', 1e6)).rejects.toThrow();
  });

  it('lets out what is allowed and not a byte more', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    expect(await decompress(bomb, 'gzip', 5_000_000)).toHaveLength(5_000_000);
    await expect(decompress(bomb, 'gzip', 4_999_999)).rejects.toThrow();
  });
});
