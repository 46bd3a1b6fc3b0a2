import { expect, it } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { createGateway } from '../../src/gateway.js';
import { createLogTo } from '../../src/logger.js';
import { DOCUMENT_WORKER } from '../support/document-worker.js';

const ENVIRONMENT = {
  PORT: '0',
  OPS_PORT: 'off',
  CALLFIRE_LOGIN: 'joe',
  CALLFIRE_PASSWORD: 'secret',
  // Nothing listens there: the start waits for it for a moment.
  REDIS_URL: 'redis://127.0.0.1:1',
};

it('a gateway that is stopped while it starts does not listen afterwards', async () => {
  const config = readConfig(ENVIRONMENT, () => '');
  const gateway = createGateway(config, {
    idleMs: 0,
    documentWorker: DOCUMENT_WORKER,
    log: createLogTo('silent', { write: () => undefined }),
  });
  const starting = gateway.start();
  await gateway.stop();
  const port = await starting;
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
});
