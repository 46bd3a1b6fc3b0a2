import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { afterEach } from '@jest/globals';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../../src/simulator/simulator.js';

const started: Simulator[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((simulator) => simulator.stop()));
});

/** A simulator that listens until the test is over. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = createSimulator(options);
  started.push(simulator);
  await simulator.start();
  return simulator;
}

/** What came back, however the connection ended. */
export interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  readonly complete: boolean;
  readonly error: string | undefined;
}

export interface Asking {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly authorization?: string | null;
  /** Leave as soon as so many bytes of the body have come; 0: when the headers have. */
  readonly leaveAfterBytes?: number;
}

export const AUTHORIZATION = `Basic ${Buffer.from('demo-login:demo-password').toString('base64')}`;

/** Asks over a connection of its own. `path` is below the API's base unless it starts with `/_control`. */
export function ask(simulator: Simulator, path: string, asking: Asking = {}): Promise<Reply> {
  const base = new URL(simulator.baseUrl);
  const url = path.startsWith('/_control') ? base.origin + path : simulator.baseUrl + path;
  const { method = 'GET', body, authorization = AUTHORIZATION, leaveAfterBytes = Infinity } = asking;
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let status: number | undefined;
    let headers: IncomingHttpHeaders = {};
    const end = (complete: boolean, error?: string): void => {
      const whole = Buffer.concat(pieces);
      resolve({ status, headers, body: whole, text: whole.toString(), complete, error });
    };
    const outgoing = request(url, {
      method,
      agent: new Agent({ keepAlive: false }),
      headers: {
        ...(authorization === null ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      end(false, error.code);
    });
    outgoing.on('response', (response) => {
      ({ statusCode: status, headers } = response);
      const leaveIfEnough = (): void => {
        if (pieces.reduce((sum, piece) => sum + piece.length, 0) >= leaveAfterBytes) outgoing.destroy();
      };
      response.on('data', (piece: Buffer) => {
        pieces.push(piece);
        leaveIfEnough();
      });
      response.on('error', (error: NodeJS.ErrnoException) => {
        end(false, error.code);
      });
      response.on('end', () => {
        end(response.complete);
      });
      leaveIfEnough();
    });
    outgoing.end(body);
  });
}
