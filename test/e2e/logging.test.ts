import { spawnSync } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../src/simulator/simulator.js';
import { LOGIN, PASSWORD } from '../support/gateway.js';
import { freePort } from '../support/free-port.js';
import { environmentFor, Program, serve, startSimulator } from '../support/process.js';
import { startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;

const requestLines = (program: Program) => program.logLines.filter(({ msg }) => msg === 'request');

describe('the request log', () => {
  it('has one JSON line a request, with what is needed to follow it and nothing more', async () => {
    const { program, url } = await serve();
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(url + path, init);
      await response.arrayBuffer();
      return response.headers.get('X-Request-Id');
    };
    const ids = [
      await ask('/calls/224205636001'),
      await ask('/calls/224205636001'),
      await ask('/calls/224205636001', { headers: { 'Cache-Control': 'no-cache' } }),
      await ask('/calls/1001'),
      await ask('/calls/7'),
      await ask('/calls/x'),
      await ask('/healthz', { method: 'HEAD' }),
      await ask('/nowhere/else'),
      await ask('/api/1.1/rest/call/2001?State=READY'),
      await ask('/calls/1', { method: 'DELETE' }),
    ];
    await until(() => requestLines(program).length >= ids.length);

    const number = expect.any(Number);
    const line = { level: 30, time: number, method: 'GET', status: 200, ms: number, msg: 'request' };
    const calls = { ...line, route: '/calls/:id' };
    const sample = { ...calls, callId: '224205636001' };
    expect(requestLines(program)).toEqual(
      [
        { ...sample, cache: 'miss', upstreamMs: number },
        { ...sample, cache: 'hit' },
        { ...sample, cache: 'request', upstreamMs: number },
        { ...calls, callId: '1001', cache: 'miss', upstreamMs: number },
        { ...calls, callId: '7', status: 404, code: 'call-not-found', cache: 'miss', upstreamMs: number },
        { ...calls, status: 400, code: 'invalid-call-id' },
        { ...line, route: '/healthz', method: 'HEAD' },
        { ...line, route: '-', status: 404, code: 'route-not-found' },
        { ...line, route: '/api/1.1/rest/**' },
        { ...calls, method: 'DELETE', status: 405, code: 'method-not-allowed' },
      ].map((members, index) => ({ ...members, requestId: ids[index] })),
    );
  });

  it('takes over a sane request id and replaces any other', async () => {
    const { program, url } = await serve();
    const answered: (string | null)[] = [];
    for (const id of ['trace-1.a_b:c', 'a"b', 'two words', 'x'.repeat(129), '{"level":60}']) {
      const response = await fetch(`${url}/calls/2001`, { headers: { 'X-Request-Id': id } });
      answered.push(response.headers.get('X-Request-Id'));
    }
    await until(() => requestLines(program).length === answered.length);

    expect(requestLines(program).map(({ requestId }) => requestId)).toEqual(answered);
    expect(answered[0]).toBe('trace-1.a_b:c');
    for (const id of answered.slice(1)) expect(id).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
  });

  it('marks what its caller gave up', async () => {
    const { program, simulator, port } = await serve();
    simulator.setFault('*', { held: true });
    const paths = ['/calls/2001', '/api/1.1/rest/call/2001'];
    const requests = paths.map((path) => get({ host: '127.0.0.1', port, path }).on('error', () => undefined));
    await until(() => simulator.requests.length === paths.length);

    for (const request of requests) request.destroy();
    // The passthrough says so as soon as it is noticed; the lookup, which left before, when its fetch has ended.
    await until(() => requestLines(program).length === 1);
    simulator.clearFaults();
    await until(() => requestLines(program).length === paths.length);

    for (const line of requestLines(program)) expect(line).toMatchObject({ aborted: true });
  });

  it('is silent at the level warn', async () => {
    const simulator = await startSimulator();
    const port = await freePort();
    const environment = { ...environmentFor(simulator), PORT: String(port), LOG_LEVEL: 'warn' };
    const program = new Program('main.js', { environment });
    await untilHealthy(port);
    simulator.setFault('*', { status: 401 });

    const response = await fetch(`http://127.0.0.1:${port}/calls/2001`);
    expect(response.status).toBe(502);
    program.signal('SIGTERM');
    await program.exit;

    expect(program.logLines).toEqual([expect.objectContaining({ level: 50 })]);
  });
});

describe('a log that nobody reads', () => {
  const handles: FileHandle[] = [];
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callfire-log-'));
  });

  afterEach(async () => {
    for (const handle of handles.splice(0)) await handle.close();
    await rm(folder, { recursive: true });
  });

  /** A gateway whose stdout is a pipe, and the pipe's other end. */
  async function serveUnread(): Promise<{ program: Program; port: number; pipe: FileHandle }> {
    const path = join(folder, 'pipe');
    spawnSync('mkfifo', [path]);
    const pipe = await open(path, constants.O_RDWR);
    const stdout = await open(path, constants.O_WRONLY);
    handles.push(pipe, stdout);
    const simulator = await startSimulator();
    const port = await freePort();
    const environment = { ...environmentFor(simulator), PORT: String(port) };
    const program = new Program('main.js', { environment, stdout: stdout.fd });
    await untilHealthy(port);
    return { program, port, pipe };
  }

  it('holds up neither answers nor the end', async () => {
    const { program, port } = await serveUnread();

    await askOften(port, 2000);
    program.signal('SIGTERM');

    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stderr).toBe('');
  });

  it('keeps 8 MiB, drops what is beyond, and goes on as soon as it is read', async () => {
    const { program, port, pipe } = await serveUnread();

    for (let round = 0; round < 16; round += 1) await askOften(port, 2000);
    await pipe.read();
    program.signal('SIGTERM');
    let bytes = 0;
    let last = '';
    while (!last.includes('"stopped"')) {
      const { bytesRead, buffer } = await pipe.read({ buffer: Buffer.alloc(65_536) });
      bytes += bytesRead;
      last = buffer.toString('latin1', 0, bytesRead);
    }

    expect(bytes / MIB).toBeGreaterThan(8);
    expect(bytes / MIB).toBeLessThan(8.5);
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  it('does not end the gateway either when its reader is gone', async () => {
    const { program, url } = await serve();
    program.closeStdout();

    for (let count = 0; count < 100; count += 1) await (await fetch(`${url}/calls/2001`)).arrayBuffer();

    program.signal('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stderr).toBe('');
  });
});

/** Hits on one connection, all asked at once, with long lines in the log; each must be answered. */
async function askOften(port: number, count: number): Promise<void> {
  const request = `GET /calls/2001 HTTP/1.1\r\nHost: g\r\nX-Request-Id: ${'x'.repeat(128)}\r\n`;
  const socket = connect(port, '127.0.0.1');
  socket.write(`${request}\r\n`.repeat(count - 1) + `${request}Connection: close\r\n\r\n`);
  const answers = await text(socket);
  expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(count);
}

describe('secrets', () => {
  it('stand in no line, whatever goes wrong', async () => {
    const redis = await startRedisServer(['--requirepass', 'right']);
    const { program, simulator, url } = await serve({
      environment: {
        REDIS_URL: redis.url.replace('://', '://default:redis-hush@'),
        UPSTREAM_TIMEOUT_MS: '300',
        LOG_LEVEL: 'trace',
      },
    });
    const token = Buffer.from(`${LOGIN}:${PASSWORD}`).toString('base64');
    const spelled = [
      LOGIN,
      PASSWORD,
      token,
      encodeURIComponent(PASSWORD),
      JSON.stringify(PASSWORD).slice(1, -1),
    ];
    const echo = spelled.join(' ');
    const faults: Fault[] = [
      ...[400, 401, 403, 404, 429, 500, 503].map((status) => ({ status, exception: echo })),
      { body: `<html>${echo}</html>`, headers: { 'X-Echo': token, Location: `/${token}` } },
      { malformed: true },
      { contentType: `text/xml; charset=${token}` },
      { headers: { 'Content-Encoding': token } },
      { cutAfterBytes: 50 },
      { reset: true },
      { stall: 'headers' },
      { stall: 'body' },
    ];
    const headers = {
      Authorization: 'Basic caller-hush',
      Cookie: 'session=cookie-hush',
      'X-Api-Key': 'key-hush',
      'X-Request-Id': '"hush"',
    };
    const paths = ['/calls/2001', '/calls/2001?token=hush', '/hush', '/api/1.1/rest/call/2001?token=hush'];

    for (const fault of faults) {
      simulator.setFault('*', fault);
      const ask = (path: string) => fetch(url + path, { headers }).then((response) => response.text());
      await Promise.allSettled(paths.map(ask));
    }
    program.signal('SIGTERM');
    await program.exit;
    await redis.stop();

    expect(requestLines(program)).toHaveLength(paths.length * faults.length);
    for (const secret of [...spelled, 'hush']) expect(program.stdout).not.toContain(secret);
    expect(program.stderr).toBe('');
  });
});

async function untilHealthy(port: number): Promise<void> {
  await until(() =>
    fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
}
