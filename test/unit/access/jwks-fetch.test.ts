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
});
