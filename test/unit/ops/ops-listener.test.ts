import { afterEach, describe, expect, it } from '@jest/globals';
import { OpsListener } from '../../../src/ops/ops-listener.js';
import { createCrewOperations } from '../../../src/workers/crew-operations.js';
import { RecordingLog } from '../../support/recording-log.js';

let listener: OpsListener | undefined;

afterEach(() => listener?.stop());

async function warningsAt(host: string): Promise<string[]> {
  const log = new RecordingLog();
  const health = () => ({ stopping: false, cache: 'up', upstream: 'ok' }) as const;
  const operations = createCrewOperations({ workers: () => [], health });
  listener = new OpsListener({ host, port: 0, operations, log });
  await listener.start();
  return log.messages('warn');
}

describe('OpsListener', () => {
  it('says at its start that it asks for no key, where others may reach it', async () => {
    // Another way to write 127.0.0.1: stands here for an address that is not known to be loopback.
    expect(await warningsAt('127.1')).toEqual([expect.stringContaining('asked for no key')]);
  });

  it.each(['127.0.0.1', 'localhost'])('warns of nothing at %s', async (host) => {
    expect(await warningsAt(host)).toEqual([]);
  });
});
