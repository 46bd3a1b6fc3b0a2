import { afterAll } from '@jest/globals';
import type { Overrides } from '../../../src/gateway.js';
import { createSimulator, type Simulator } from '../../../src/simulator/simulator.js';
import { testConsumers } from '../../support/consumers.js';
import { LOGIN, PASSWORD, startGateway, type TestGateway } from '../../support/gateway.js';

export const ID = '224205636001';
export const RAW = '/api/1.1/rest/call';

const SCOPES = ['calls:read', 'passthrough:read', 'passthrough:write'];
const CONSUMERS = testConsumers([
  { name: 'alice', account: 'first', scopes: SCOPES },
  { name: 'bob', account: 'second', scopes: SCOPES },
  { name: 'reader', account: 'first' },
]);

type Consumer = 'alice' | 'bob' | 'reader';

export const keyOf = (consumer: Consumer): string => CONSUMERS.keyOf(consumer);
/** Headers of a request whose key is in order. */
export const as = (consumer: Consumer) => ({ 'X-API-Key': keyOf(consumer) });
/** The same for a request that a test writes by hand, with its line ends. */
export const linesAs = (consumer: Consumer): string => `Host: gateway\r\nX-API-Key: ${keyOf(consumer)}\r\n`;

/** What is attacked: alice asks on one account, bob on another, and nothing is open. */
export interface Target extends TestGateway {
  /** The CallFire of bob's account; that of alice's is `simulator`. */
  readonly second: Simulator;
}

interface TargetOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly overrides?: Overrides;
}

/** For all tests of a file: attacks come one after another. Requests upstream share one connection an account. */
export async function startTarget({ environment, files, overrides }: TargetOptions = {}): Promise<Target> {
  const second = createSimulator({ login: 'second-login', password: 'second-password' });
  await second.start();
  const accounts = [
    { name: 'first', baseUrl: '$CALLFIRE', current: { login: LOGIN, password: PASSWORD } },
    {
      name: 'second',
      baseUrl: second.baseUrl,
      current: { login: 'second-login', password: 'second-password' },
    },
  ].map((account) => ({ ...account, maxConcurrency: 1 }));
  const gateway = await startGateway({
    environment: {
      ACCOUNTS_FILE: 'accounts',
      CONSUMERS_FILE: 'consumers',
      PASSTHROUGH_WRITES: 'true',
      RATE_LIMIT_UNAUTHENTICATED: '100000/60',
      ...environment,
    },
    files: { accounts: JSON.stringify({ accounts }), consumers: CONSUMERS.file, ...files },
    ...(overrides && { overrides }),
  });
  afterAll(async () => {
    await gateway.stop();
    await second.stop();
  });
  return { ...gateway, second };
}
