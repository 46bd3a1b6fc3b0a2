import { readConfig, type Config } from './config.js';
import { createGateway, type Gateway } from './gateway.js';
import { createSimulator } from './simulator/simulator.js';

const LOGIN = 'demo-login';
const PASSWORD = 'demo-password';
const PREFERRED_PORT = Number(process.env['PORT'] ?? 8080);

const simulator = createSimulator({ login: LOGIN, password: PASSWORD });
await simulator.start();
const { gateway, port } = await startGateway();
console.log(guide(`http://127.0.0.1:${port}`, new URL(simulator.baseUrl).origin));
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    void gateway
      .stop()
      .then(() => simulator.stop())
      .then(() => process.exit(0));
  });
}

/** On the usual port, or on any other where that is taken. */
async function startGateway(): Promise<{ gateway: Gateway; port: number }> {
  const preferred = createGateway(config(PREFERRED_PORT));
  try {
    return { gateway: preferred, port: await preferred.start() };
  } catch {
    await preferred.stop();
    const gateway = createGateway(config(0));
    return { gateway, port: await gateway.start() };
  }
}

function config(port: number): Config {
  const environment = {
    PORT: String(port),
    CALLFIRE_LOGIN: LOGIN,
    CALLFIRE_PASSWORD: PASSWORD,
    CALLFIRE_BASE_URL: simulator.baseUrl,
  };
  return readConfig(environment, () => '');
}

function guide(gateway: string, callfire: string): string {
  return `
The gateway listens on ${gateway}, in front of a simulated CallFire. Try, in another terminal:

  curl -i ${gateway}/calls/224205636001      a finished call: fetched, then stored
  curl -i ${gateway}/calls/224205636001      again: a hit, see Cache-Status and Age
  curl -i ${gateway}/calls/1001              in progress: READY, SELECTED, FINISHED within 10 seconds
  curl -i ${gateway}/calls/7                 no such call: a problem body
  curl -u any:key ${gateway}/api/1.1/rest/call/224205636001      CallFire's own XML, passed through

Make CallFire fail, and see a kept call still answered:

  curl -X PUT ${callfire}/_control/faults/224205636001 -d '{"status":503}'
  curl -i -H 'Cache-Control: no-cache' ${gateway}/calls/224205636001
  curl -i ${gateway}/calls/224205636001

Ctrl-C ends it. Below, one log line a request.
`;
}
