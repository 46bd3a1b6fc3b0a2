import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { serve, type Serving } from '../support/process.js';
import { until } from '../support/until.js';

const HITS = Array.from({ length: 20 }, (_, index) => `/calls/${2001 + index}`);
const CONNECTIONS = 32;

interface Answer {
  readonly path: string;
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly body: string;
}

async function ask({ port }: Serving, path: string, agent: Agent | false = false): Promise<Answer> {
  const request = get({ host: '127.0.0.1', port, path, agent });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { statusCode: status, headers } = response;
  return { path, status, connection: headers.connection, body: await text(response) };
}

/** What a client saw that asked one thing after another, and the error that ended it. */
interface Session {
  readonly answers: Answer[];
  error?: string;
}

/** Asks for call after call until something goes wrong, such as that no new connection is accepted. */
async function askUntilRefused(serving: Serving, session: Session, agent: Agent | false): Promise<void> {
  try {
    for (;;) session.answers.push(await ask(serving, nextPath(), agent));
  } catch (error) {
    session.error = String(error);
  }
  if (agent !== false) agent.destroy();
}

let asked = 0;

/** Half of them in the cache, half not. */
function nextPath(): string {
  asked += 1;
  return asked % 2 === 0 ? `/calls/${5_000_000_000 + asked}` : (HITS[asked % HITS.length] ?? '');
}

interface Load {
  readonly sessions: readonly Session[];
  answered(): number;
  readonly over: Promise<unknown>;
}

function load(serving: Serving, clients: number, agentOfClient: () => Agent | false): Load {
  const sessions = Array.from({ length: clients }, (): Session => ({ answers: [] }));
  const over = Promise.all(sessions.map((session) => askUntilRefused(serving, session, agentOfClient())));
  return { sessions, answered: () => sessions.reduce((sum, { answers }) => sum + answers.length, 0), over };
}

const keepAlive = () => new Agent({ keepAlive: true, maxSockets: 1 });

/** A gateway with entries for `HITS`, whose CallFire takes its time over everything else. */
async function underLoad(
  delayMs: number,
  clients = CONNECTIONS,
  agentOfClient: () => Agent | false = keepAlive,
  workers = 1,
) {
  const serving = await serve({ environment: { WORKERS: String(workers) } });
  await Promise.all(HITS.map((path) => ask(serving, path)));
  serving.simulator.setFault('*', { delayMs });
  const running = load(serving, clients, agentOfClient);
  await until(() => running.answered() > 3 * clients);
  return { ...serving, ...running };
}

function expectNothingDropped({ sessions, simulator }: Load & Serving): void {
  expect(sessions.map(({ error }) => error).filter((error) => !error?.includes('ECONNREFUSED'))).toEqual([]);
  const answers = sessions.flatMap((session) => session.answers);
  const wrong = answers.filter(
    ({ path, status, body }) => status !== 200 || (JSON.parse(body) as { id: string }).id !== path.slice(7),
  );
  expect(wrong).toEqual([]);
  expect(simulator.requests.filter(({ aborted }) => aborted)).toEqual([]);
}

describe('stopping under load', () => {
  it.each([
    ['SIGTERM', 1],
    ['SIGINT', 1],
    ['SIGTERM', 2],
  ] as const)(
    '%s drops not one request of 32 busy connections, which are told to close (workers: %i)',
    async (signal, workers) => {
      const running = await underLoad(50, CONNECTIONS, keepAlive, workers);

      running.program.signal(signal);
      await running.over;

      expect(await running.program.exit).toEqual({ code: 0, signal: null });
      expectNothingDropped(running);
      expect(running.sessions.map(({ answers }) => answers.at(-1)?.connection)).toEqual(
        running.sessions.map(() => 'close'),
      );
      expect(running.program.stderr).toBe('');
    },
  );

  it('drops none either where answers take longer than idle connections are left open', async () => {
    const running = await underLoad(700);

    running.program.signal('SIGTERM');
    await running.over;

    expect(await running.program.exit).toEqual({ code: 0, signal: null });
    expectNothingDropped(running);
  });

  it.each([1, 2])(
    'answers whatever it has accepted of connections that keep coming (workers: %i)',
    async (workers) => {
      const clients = 16;
      const running = await underLoad(10, clients, () => false, workers);

      running.program.signal('SIGTERM');
      await running.over;

      expect(await running.program.exit).toEqual({ code: 0, signal: null });
      const logged = running.program.logLines.filter(({ msg }) => msg === 'request');
      expect(logged).toHaveLength(running.answered() + HITS.length);
      // A connection can reach the system between the last look for one and the end of listening. Nobody can answer it.
      const resets = running.sessions.filter(({ error }) => error?.includes('ECONNRESET'));
      expect(resets.length).toBeLessThanOrEqual(clients / 4);
      expect(running.sessions.filter(({ error }) => !/ECONN(REFUSED|RESET)/.test(error ?? ''))).toEqual([]);
    },
  );

  it('sends a recording to its end that was under way', async () => {
    const { program, port } = await serve();
    const length = 20_000_000;
    const path = `/api/1.1/rest/call/2001/big-${length}.mp3`;
    const [response] = (await once(get({ host: '127.0.0.1', port, path }), 'response')) as [IncomingMessage];

    program.signal('SIGTERM');
    await untilRefused(port);

    expect(await buffer(response)).toHaveLength(length);
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });
});

describe('stopping', () => {
  it('says so on connections that are still open, and takes further signals calmly', async () => {
    const serving = await serve();
    const agent = keepAlive();
    await ask(serving, '/healthz', agent);
    serving.simulator.setFault('*', { held: true });
    const slow = ask(serving, '/calls/2001', keepAlive());
    await until(() => serving.simulator.requests.length === 1);

    serving.program.signal('SIGTERM');
    await untilRefused(serving.port);
    const ready = await ask(serving, '/readyz', agent);
    serving.program.signal('SIGTERM');
    serving.program.signal('SIGINT');
    serving.simulator.clearFaults();

    expect(ready).toMatchObject({ status: 503, connection: 'close' });
    expect(JSON.parse(ready.body)).toMatchObject({ status: 'stopping' });
    expect(await slow).toMatchObject({ status: 200, connection: 'close' });
    expect(await serving.program.exit).toEqual({ code: 0, signal: null });
    expect(serving.program.logLines.at(-1)).toMatchObject({ msg: 'stopped' });
  });

  it('ends after SHUTDOWN_GRACE_MS, however long an answer would still take', async () => {
    const { program, simulator, port } = await serve({ environment: { SHUTDOWN_GRACE_MS: '300' } });
    simulator.setFault('2001', { stall: 'headers' });
    simulator.setFault('2002', { stall: 'body' });
    const paths = ['/calls/2001', '/calls/2002', '/api/1.1/rest/call/2001', '/api/1.1/rest/call/2002'];
    const broken = paths.map((path) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined).write(`GET ${path} HTTP/1.1\r\nHost: g\r\n\r\n`);
      return text(socket).catch(() => 'reset');
    });
    await until(() => simulator.requests.length === paths.length);

    const begun = performance.now();
    program.signal('SIGTERM');

    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeGreaterThan(300);
    expect(performance.now() - begun).toBeLessThan(2000);
    for (const answer of await Promise.all(broken)) expect(answer).not.toContain('</Call>');
  });

  it('does not wait for connections on which nothing happens', async () => {
    const serving = await serve();
    const silent = connect(serving.port, '127.0.0.1');
    await once(silent, 'connect');
    const agent = keepAlive();
    await ask(serving, '/calls/2001', agent);

    const begun = performance.now();
    serving.program.signal('SIGTERM');

    expect(await serving.program.exit).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(2000);
    silent.destroy();
    agent.destroy();
  });
});

describe('SHUTDOWN_DELAY_MS', () => {
  it.each(['1', '2'])('says that it stops and still answers for so long (workers: %s)', async (WORKERS) => {
    const delayMs = 1500;
    const environment = { SHUTDOWN_DELAY_MS: String(delayMs), WORKERS };
    const serving = await serve({ environment });
    const agent = keepAlive();
    await ask(serving, '/healthz', agent);

    const begun = performance.now();
    serving.program.signal('SIGTERM');
    await until(async () => (await ask(serving, '/readyz')).status === 503);
    const onNew = await ask(serving, '/calls/2001', keepAlive());
    const onKept = await ask(serving, '/calls/2001', agent);

    expect(onNew).toMatchObject({ status: 200, connection: 'close' });
    expect(onKept).toMatchObject({ status: 200, connection: 'close' });
    expect(await serving.program.exit).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(delayMs);
  });
});

/** Waits until nothing listens on the port any more. */
async function untilRefused(port: number): Promise<void> {
  await until(async () => {
    const socket = connect(port, '127.0.0.1');
    const accepted = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    return !accepted;
  });
}
