import { request, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { readConfig } from '../../src/config.js';
import { createGateway, type Gateway, type Overrides } from '../../src/gateway.js';
import { createLogTo, type Log } from '../../src/logger.js';
import type { Environment } from '../../src/secret-files.js';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.js';
import { DOCUMENT_WORKER } from './document-worker.js';

export const LOGIN = 'gate-login';
export const PASSWORD = 'S3cret/p+ss="word"&é';

/** A gateway before a simulated CallFire, both on free ports, and what the gateway logged. */
export interface TestGateway {
  readonly url: string;
  readonly simulator: Simulator;
  readonly gateway: Gateway;
  readonly logLines: readonly string[];
  stop(): Promise<void>;
}

interface TestOptions {
  readonly environment?: Environment;
  readonly overrides?: Overrides;
  readonly simulator?: SimulatorOptions;
}

export async function startGateway(options: TestOptions = {}): Promise<TestGateway> {
  const simulator = createSimulator({ login: LOGIN, password: PASSWORD, ...options.simulator });
  await simulator.start();
  const { log, lines } = recordingLog();
  const environment = {
    PORT: '0',
    OPS_PORT: 'off',
    CALLFIRE_LOGIN: LOGIN,
    CALLFIRE_PASSWORD: PASSWORD,
    CALLFIRE_BASE_URL: simulator.baseUrl,
    ...options.environment,
  };
  const gateway = createGateway(
    readConfig(environment, () => ''),
    { idleMs: 0, log, documentWorker: DOCUMENT_WORKER, ...options.overrides },
  );
  const port = await gateway.start();
  const stop = async () => {
    await gateway.stop();
    await simulator.stop();
  };
  return { url: `http://127.0.0.1:${port}`, simulator, gateway, logLines: lines, stop };
}

function recordingLog(): { log: Log; lines: readonly string[] } {
  const lines: string[] = [];
  const log = createLogTo('info', {
    write(line: string) {
      lines.push(line);
    },
  });
  return { log, lines };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body parsed as JSON; throws where it is none. */
  readonly json: unknown;
}

/** One request on a connection of its own, with just these headers: `fetch` adds some, `Cache-Control` among them. */
export async function get(
  url: string,
  headers: OutgoingHttpHeaders = {},
  { method = 'GET', signal }: { readonly method?: string; readonly signal?: AbortSignal } = {},
): Promise<Answer> {
  const options = { method, headers, agent: false, ...(signal && { signal }) };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, options, resolve).on('error', reject).end();
  });
  const text = await textOf(response);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    get json(): unknown {
      const value: unknown = JSON.parse(text);
      return value;
    },
  };
}
