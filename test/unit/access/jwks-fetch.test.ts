import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { fetchJwks } from '../../../src/access/jwks-fetch.js';
import { createSigner, startPublisher } from '../../support/issuer.js';

const signer = await createSigner('k1');

describe('fetchJwks', () => {
  it('takes a document of many chunks', async () => {
    const publisher = await startPublisher();
    publisher.answer = (_, response) => {
      response.write('{"keys":[');
      setImmediate(() => response.end(`${JSON.stringify(signer.jwk)}]}`));
    };
    expect(await fetchJwks(publisher.url)).toEqual({ keys: [signer.jwk] });
  });

  it('gives up after its time limit, whether nothing comes or not all of it', async () => {
    const publisher = await startPublisher();
    publisher.answer = () => undefined;
    await expect(fetchJwks(publisher.url, 20)).rejects.toThrow(/timeout/);
    publisher.answer = (_, response) => response.write('{"keys":');
    await expect(fetchJwks(publisher.url, 20)).rejects.toThrow(/timeout/);
  });

  it('gives up where more comes than any issuer has', async () => {
    const publisher = await startPublisher();
    publisher.answer = (_, response) => response.end(`{"keys":[]}${' '.repeat(262_144)}`);
    await expect(fetchJwks(publisher.url)).rejects.toThrow('more than 262144 bytes');
  });

  it('counts what is unpacked, so that little cannot become too much', async () => {
    const publisher = await startPublisher();
    const packed = gzipSync(`{"keys":[]}${' '.repeat(50_000_000)}`);
    expect(packed.length).toBeLessThan(100_000);
    publisher.answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
    await expect(fetchJwks(publisher.url)).rejects.toThrow('more than 262144 bytes');
  });

  it('gives up after its time limit though a little comes again and again', async () => {
    const publisher = await startPublisher();
    publisher.answer = (_, response) => {
      const timer = setInterval(() => response.write(' '), 5);
      response.on('close', () => {
        clearInterval(timer);
      });
    };
    await expect(fetchJwks(publisher.url, 50)).rejects.toThrow(/timeout/);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect with %i', async (status) => {
    const publisher = await startPublisher(signer);
    const { answer } = publisher;
    publisher.answer = (request, response) => {
      if (request.url === '/elsewhere') answer(request, response);
      else response.writeHead(status, { location: '/elsewhere' }).end();
    };
    await expect(fetchJwks(publisher.url)).rejects.toThrow();
    expect(publisher.asked).toBe(1);
  });

  it.each(['{}', '[]', 'null', '"keys"', '{"keys":{}}', '{"keys":[]}'])('refuses %s', async (text) => {
    const publisher = await startPublisher();
    publisher.answer = (_, response) => response.end(text);
    await expect(fetchJwks(publisher.url)).rejects.toThrow(/JWKS/);
  });
});
