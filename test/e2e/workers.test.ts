import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../support/free-port.js';
import { get } from '../support/gateway.js';
import { startLoad, type Load } from '../support/load.js';
import { environmentFor, Program, serve, startSimulator, type Environment } from '../support/process.js';
import { until } from '../support/until.js';

const HITS = Array.from({ length: 20 }, (_, index) => `${2001 + index}`);

const loads: Load[] = [];

afterEach(async () => {
  await Promise.all(loads.splice(0).map((load) => load.stop()));
});

function load(url: string, clients: number): Load {
  const running = startLoad({ url, ids: HITS, clients });
  loads.push(running);
  return running;
}

const twoWorkers = (environment: Environment = {}) =>
  serve({ environment: { WORKERS: '2', ...environment } });

/** One after another on new connections, so that each worker has its turn. */
async function eachWorker<T>(ask: () => Promise<T>): Promise<T[]> {
  return [await ask(), await ask(), await ask(), await ask()];
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const workersUp = async (url: string): Promise<number> => {
  const { workers } = (await get(`${url}/readyz`)).json as { workers: { up: number } };
  return workers.up;
};

const requestLines = (program: Program) => program.logLines.filter(({ msg }) => msg === 'request');

describe('WORKERS', () => {
  it('shares one port out in turn, listens once and answers for all', async () => {
    const { program, url } = await twoWorkers();
    expect(program.children).toHaveLength(2);
    expect(program.logLines.filter(({ msg }) => msg === 'listening')).toEqual([
      expect.objectContaining({ workers: 2, port: Number(new URL(url).port) }),
    ]);

    const answers = await eachWorker(() => get(`${url}/readyz`));

    for (const { status, json } of answers) {
      expect(status).toBe(200);
      expect(json).toMatchObject({ status: 'ready', workers: { up: 2, of: 2 } });
    }
    const workers = answers.map(({ headers }) => String(headers['x-request-id']).split('-', 1)[0]);
    expect(new Set(workers).size).toBe(2);
  });

  it('says in one line that the port is in use, with exit code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const simulator = await startSimulator();
    const environment = { ...environmentFor(simulator), PORT: String(port), WORKERS: '2' };
    const program = new Program('main.js', { environment });

    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toBe(`callfire-gateway cannot listen on 127.0.0.1:${port}: the port is in use\n`);
    other.close();
  });

  it('gives one answer about CallFire, though only one worker has seen it fail', async () => {
    const { url, simulator } = await twoWorkers();
    simulator.setFault('*', { status: 500 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let fetches = 0; fetches < 25; fetches += 1) {
      const asked = request(`${url}/calls/${6_000_000 + fetches}`, { agent }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      await text(response);
    }
    agent.destroy();

    const degraded = { status: 'degraded', redis: 'not-configured', upstream: 'failing' };
    await until(async () => {
      const answers = await eachWorker(() => get(`${url}/readyz`));
      return answers.every(({ json }) => isDeepStrictEqual(json, { ...degraded, workers: { up: 2, of: 2 } }));
    });
  });

  it.each(['/healthz', '/readyz'])(
    'answers %s to a client that half-closes after its request',
    async (path) => {
      const { port } = await twoWorkers();

      const answers = await eachWorker(async () => {
        const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
        socket.end(`GET ${path} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
        return text(socket);
      });

      for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    },
  );

  it('hands every log line on whole, the last ones too', async () => {
    const { program, url } = await twoWorkers();
    const running = load(url, 16);
    await until(() => running.answers.length > 2000);
    const answers = await running.stop();
    program.signal('SIGTERM');

    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
    expect(requestLines(program)).toHaveLength(answers.length);
    expect(program.logLines.filter(({ msg }) => msg === 'stopped').map(({ worker }) => worker)).toEqual(
      expect.arrayContaining([1, 2, undefined]),
    );
    expect(program.logLines.at(-1)).toMatchObject({ msg: 'stopped' });
  });
});

describe('a worker that dies', () => {
  it('is replaced, after a pause when it dies again, while the other one goes on', async () => {
    const { program, url } = await twoWorkers();
    const [first = 0, second = 0] = program.children;
    const running = load(url, 8);
    await until(() => running.answers.length > 100);
    const failed = () => running.answers.filter(({ status }) => status !== 200).length;

    process.kill(first, 'SIGKILL');
    await until(() => program.children.length === 2 && !isRunning(first));
    await until(async () => (await workersUp(url)) === 2);
    const [replaced = 0] = program.children.filter((pid) => pid !== second);
    process.kill(replaced, 'SIGKILL');
    await until(async () => (await workersUp(url)) === 1);
    const before = running.answers.length;
    const failedBefore = failed();
    await until(() => running.answers.length > before + 200);
    expect(failed()).toBe(failedBefore);
    await until(async () => (await workersUp(url)) === 2);
    await running.stop();

    // What was on it, at most a request for each client and death.
    expect(failed()).toBeLessThanOrEqual(16);
    const deaths = program.logLines.filter(({ msg }) => msg === 'a worker ended and is replaced');
    expect(deaths).toEqual([
      expect.objectContaining({ worker: 1, signal: 'SIGKILL', pauseMs: 0 }),
      expect.objectContaining({ worker: 1, signal: 'SIGKILL', pauseMs: 500 }),
    ]);
    expect(program.children).toContain(second);
  });

  it('leaves a connection that it has not taken to another, and holds up neither the others nor /readyz', async () => {
    const { program, url } = await twoWorkers();
    const [stuck = 0] = program.children;
    process.kill(stuck, 'SIGSTOP');
    let answered = 0;
    const asked = Array.from({ length: 8 }, () =>
      get(`${url}/healthz`).then(({ status }) => {
        answered += 1;
        return status;
      }),
    );
    await until(() => answered === 7);
    expect(await workersUp(url)).toBe(2);

    process.kill(stuck, 'SIGKILL');

    expect(await Promise.all(asked)).toEqual(asked.map(() => 200));
  });
});

describe('stopping several workers', () => {
  it('answers what is under way when every process gets the signal, and leaves none behind', async () => {
    const { program, simulator, url, port } = await twoWorkers();
    const workers = program.children;
    simulator.setFault('*', { delayMs: 400 });
    const under = Promise.all(HITS.slice(0, 4).map((id) => get(`${url}/calls/${id}`)));
    await until(() => simulator.requests.length === 4);

    for (const pid of [...workers, program.pid, ...workers]) process.kill(pid, 'SIGINT');

    expect((await under).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(workers.filter(isRunning)).toEqual([]);
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
  });

  it('takes a signal during the start calmly', async () => {
    const environment = { ...environmentFor(await startSimulator()), WORKERS: '2' };
    const program = new Program('main.js', { environment });
    await until(() => program.children.length === 2);

    program.signal('SIGTERM');

    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stderr).toBe('');
  });

  it('leaves no worker behind whose primary process is killed during its start', async () => {
    const port = await freePort();
    const environment = { ...environmentFor(await startSimulator()), PORT: String(port), WORKERS: '2' };
    const program = new Program('main.js', { environment });
    await until(() => program.children.length === 2);
    const workers = program.children;

    process.kill(program.pid, 'SIGKILL');

    await until(() => !workers.some(isRunning)).finally(() => {
      for (const pid of workers.filter(isRunning)) process.kill(pid, 'SIGKILL');
    });
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
  });

  it('ends the workers of a primary process that was killed, with their answers', async () => {
    const { program, simulator, url } = await twoWorkers();
    const workers = program.children;
    simulator.setFault('*', { delayMs: 400 });
    const under = get(`${url}/calls/2001`);
    await until(() => simulator.requests.length === 1);

    process.kill(program.pid, 'SIGKILL');

    expect((await under).status).toBe(200);
    await until(() => !workers.some(isRunning));
  });
});
