import { parseArgs } from 'node:util';
import { createSimulator, type Simulator, type SimulatorOptions } from './simulator.js';

const USAGE =
  'usage: npm run simulator -- [--host HOST] [--port PORT] [--seed N] [--login LOGIN] [--password PASSWORD]';
const DEFAULT_PORT = 8081;

await run();

async function run(): Promise<void> {
  const options = optionsFrom(process.argv.slice(2));
  if (typeof options === 'string') {
    fail(2, `${options}; ${USAGE}`);
    return;
  }
  const simulator = createSimulator(options);
  try {
    await simulator.start();
  } catch (error) {
    fail(1, `cannot listen: ${messageOf(error)}`);
    return;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.stop());
  process.stdout.write(greeting(simulator, options));
}

/** The options, or what is wrong with them. */
function optionsFrom(args: string[]): Required<Omit<SimulatorOptions, 'now'>> | string {
  try {
    const option = { type: 'string' } as const;
    const { values } = parseArgs({
      args,
      options: { host: option, port: option, seed: option, login: option, password: option },
    });
    const { host = '127.0.0.1', login = 'demo-login', password = 'demo-password' } = values;
    const port = wholeNumber('--port', values.port ?? String(DEFAULT_PORT), 65_535);
    const seed = wholeNumber('--seed', values.seed ?? '1', 2 ** 31);
    return { host, port, seed, login, password };
  } catch (error) {
    return messageOf(error);
  }
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value > most)
    throw new TypeError(`${name} must be a whole number up to ${most}`);
  return value;
}

function greeting({ baseUrl }: Simulator, { login, password }: { login: string; password: string }): string {
  const { origin } = new URL(baseUrl);
  return `CallFire simulator: ${baseUrl} (login ${login}, password ${password})

  curl -u ${login}:${password} ${baseUrl}/call/224205636001        # the call that CallFire published
  curl -u ${login}:${password} ${baseUrl}/call/1001                # READY, SELECTED, FINISHED as time passes
  curl -u ${login}:${password} ${baseUrl}/call/2001.json           # CallFire's own JSON
  curl -u ${login}:${password} '${baseUrl}/call?State=FINISHED&MaxResults=3'
  curl -u ${login}:${password} ${baseUrl}/call/2001/big-5000000.mp3 -o recording.mp3

  curl -X PUT ${origin}/_control/faults/2001 -d '{"status":503,"times":2}'
  curl -X PUT '${origin}/_control/faults/*' -d '{"delayMs":500,"cutAfterBytes":100}'
  curl -X DELETE ${origin}/_control/faults
  curl -X PUT ${origin}/_control/calls/7 -d '{"state":"READY"}'
  curl -X PUT ${origin}/_control/credentials -d '[{"login":"${login}","password":"${password}"},{"login":"new","password":"secret"}]'
  curl ${origin}/_control/requests
`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fail(exitCode: number, line: string): void {
  process.stderr.write(`${line.replace(/\s+/g, ' ')}\n`);
  process.exitCode = exitCode;
}
