import { Agent, createServer, get, request as send } from 'node:http';
import { setInterval } from 'node:timers';

/**
 * A balancer that tries nothing twice: each request goes to the next of the ports TARGETS that said on `/readyz` that it
 * is ready, and what fails there is 502.
 */
const CHECK_MS = 100;
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding'];
const agent = new Agent({ keepAlive: true });
const targets = process.env.TARGETS.split(',').map((port) => ({ port: Number(port), ready: true }));
let turn = 0;

setInterval(() => targets.forEach(check), CHECK_MS);

createServer((request, response) => {
  const ready = targets.filter((target) => target.ready);
  // Where none says that it is, one may be all the same.
  const choice = ready.length > 0 ? ready : targets;
  turn += 1;
  const target = choice[turn % choice.length];
  const { method, url: path, headers } = request;
  const onward = send({ agent, host: '127.0.0.1', port: target.port, method, path, headers }, (answer) => {
    for (const name of OF_THE_CONNECTION) delete answer.headers[name];
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  onward.end();
}).listen(process.env.PORT, '127.0.0.1');

function check(target) {
  const asked = get({ host: '127.0.0.1', port: target.port, path: '/readyz', agent: false, timeout: 1_000 });
  asked.on('response', (answer) => {
    target.ready = answer.statusCode === 200;
    answer.resume();
  });
  asked.on('timeout', () => asked.destroy());
  asked.on('error', () => (target.ready = false));
}
