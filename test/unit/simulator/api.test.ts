import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { until } from '../../support/until.js';
import { AUTHORIZATION, ask, startSimulator } from './running-simulator.js';
import { isWellFormed } from './well-formed.js';

const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`;

describe('credentials', () => {
  it.each([null, 'Basic', 'Bearer x', basic('demo-login:'), basic('demo-login:demo-passwordx')])(
    'are asked for when the request has %p',
    async (authorization) => {
      const simulator = await startSimulator();
      const { status, headers, text } = await ask(simulator, '/call/1001', { authorization });
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toMatch(/^Basic realm=/);
      expect(text).toMatch(/<r:ResourceException [^]*<r:HttpStatus>401<\/r:HttpStatus>\s*<r:Message>/);
    },
  );

  it('are those of the options', async () => {
    const simulator = await startSimulator({ login: 'user', password: 'pä:ss' });
    expect((await ask(simulator, '/call/1001', { authorization: basic('user:pä:ss') })).status).toBe(200);
    expect((await ask(simulator, '/call/1001')).status).toBe(401);
  });

  it('take the scheme in any letter case', async () => {
    const simulator = await startSimulator();
    const authorization = basic('demo-login:demo-password').replace('Basic', 'bASIC');
    expect((await ask(simulator, '/call/1001', { authorization })).status).toBe(200);
  });
});

describe('GET /call', () => {
  it('answers a page of all that match, newest first, and their number', async () => {
    const simulator = await startSimulator();
    simulator.putCall('31', { state: 'DNC', created: '2030-01-02T00:00:00Z' });
    simulator.putCall('32', { state: 'DUP', created: '2030-01-03T00:00:00Z' });
    simulator.putCall('33', { state: 'DNC', created: '2030-01-04T00:00:00Z' });
    const first = (await ask(simulator, '/call?State=DNC+DUP&MaxResults=2')).text;
    expect(isWellFormed(first)).toBe(true);
    expect(first).toMatch(/<r:ResourceList [^>]*totalResults="3">\s*<Call id="33">[^]*<Call id="32">/);
    expect(first).not.toContain('<Call id="31">');
    const second = (await ask(simulator, '/call?State=DNC+DUP&MaxResults=2&FirstResult=2')).text;
    expect(second.match(/<Call id="\d+">/g)).toEqual(['<Call id="31">']);
  });

  it('answers an empty list where nothing matches', async () => {
    const simulator = await startSimulator();
    const { status, text } = await ask(simulator, '/call?BatchId=1');
    expect(status).toBe(200);
    expect(text).toMatch(/totalResults="0">\s*<\/r:ResourceList>/);
  });

  it.each([
    ['Result=BUSY', /<FinalResult>(?!BUSY)/],
    ['FromNumber=67076', /<FromNumber>(?!67076)/],
    ['IntervalBegin=2015-06-01T00:00:00Z&IntervalEnd=2015-07-01T00:00:00Z', /<Modified>(?!2015-06)/],
  ])('filters by %s', async (query, other) => {
    const simulator = await startSimulator();
    const { text } = await ask(simulator, `/call?${query}`);
    expect(text).toContain('<Call ');
    expect(text).not.toMatch(other);
  });

  it('filters by LabelName', async () => {
    const simulator = await startSimulator();
    simulator.putCall('31', { state: 'READY', labels: ['a', 'b c'] });
    const { text } = await ask(simulator, '/call?LabelName=b+c');
    expect(text.match(/<Call .*?>/g)).toEqual(['<Call id="31">']);
  });

  it.each(['MaxResults=1001', 'FirstResult=-1', 'ToNumber=12-3'])('refuses %s', async (query) => {
    const simulator = await startSimulator();
    const { status, text } = await ask(simulator, `/call?${query}`);
    expect(status).toBe(400);
    expect(text).toContain('<r:HttpStatus>400<');
  });

  it('answers JSON below /call.json', async () => {
    const simulator = await startSimulator();
    const { text } = await ask(simulator, '/call.json?BroadcastId=1836940001&MaxResults=1');
    expect(JSON.parse(text)).toMatchObject({ ResourceList: { Call: [{ BroadcastId: 1836940001 }] } });
  });
});

describe('writes', () => {
  it('refuse an impossible From with CallFire’s words', async () => {
    const simulator = await startSimulator();
    const { status, text } = await ask(simulator, '/call', {
      method: 'POST',
      body: 'From=1234&To=19196991764',
    });
    expect(status).toBe(400);
    expect(text).toContain('<r:Message>1234 is not a valid from number</r:Message>');
  });

  it.each(['PUT', 'DELETE'])('answer %s with an empty body', async (method) => {
    const simulator = await startSimulator();
    const { status, body } = await ask(simulator, '/subscription/17', { method, body: '<x/>' });
    expect([status, body.length]).toEqual([200, 0]);
    expect(simulator.requests.at(-1)).toMatchObject({ method, body: '<x/>', bodyBytes: 4 });
  });

  it('are read to the end and recorded up to 64 KiB', async () => {
    const simulator = await startSimulator();
    await ask(simulator, '/text/1', { method: 'PUT', body: Buffer.alloc(3_000_000, 'x') });
    expect(simulator.requests.at(-1)).toMatchObject({ body: 'x'.repeat(65_536), bodyBytes: 3_000_000 });
  });
});

describe('a caller who leaves in the middle of an upload', () => {
  it('is recorded, and the simulator serves on', async () => {
    const simulator = await startSimulator();
    const { hostname, port } = new URL(simulator.baseUrl);
    const socket = connect(Number(port), hostname);
    socket.write(
      `PUT /api/1.1/rest/text/1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORIZATION}\r\nContent-Length: 9\r\n\r\nhalf`,
    );
    await until(() => simulator.requests.length === 1);
    socket.destroy();
    await until(() => simulator.requests[0]?.aborted === true);
    expect((await ask(simulator, '/call/2001')).status).toBe(200);
  });
});

describe('recordings', () => {
  it('are the same audio-like bytes each time', async () => {
    const simulator = await startSimulator();
    const mp3 = await ask(simulator, '/call/2001/answer.mp3');
    expect(mp3.headers).toMatchObject({ 'content-type': 'audio/mpeg', 'content-length': '24000' });
    expect(mp3.body.subarray(0, 3).toString()).toBe('ID3');
    expect((await ask(simulator, '/call/2001/answer.mp3')).body).toEqual(mp3.body);
    const wav = await ask(simulator, '/call/2001/answer.wav?bytes=100');
    expect(wav.headers['content-type']).toBe('audio/wav');
    expect(wav.body.toString('latin1', 0, 4)).toBe('RIFF');
    expect(wav.body.readUInt32LE(40)).toBe(100 - 44);
    expect(wav.body).toHaveLength(100);
  });

  it('are as long as asked for by name or by query', async () => {
    const simulator = await startSimulator();
    expect((await ask(simulator, '/call/2001/big-300000.wav')).body).toHaveLength(300_000);
    expect((await ask(simulator, '/call/2001/answer.mp3?bytes=0')).body).toHaveLength(0);
    expect((await ask(simulator, '/call/2001/answer.mp3?bytes=x')).status).toBe(400);
  });

  it('wait for a caller who reads slowly', async () => {
    const simulator = await startSimulator();
    const before = process.memoryUsage().rss;
    const { status } = await ask(simulator, '/call/2001/big-900000000000.mp3', { leaveAfterBytes: 0 });
    expect(status).toBe(200);
    await until(() => simulator.requests.at(-1)?.aborted === true);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });
});

describe('everything else', () => {
  it.each([
    ['GET', '/nothing'],
    ['GET', '/call/'],
    ['GET', '/call/2001/'],
    ['GET', '/call/2001.xml'],
    ['GET', '/call/3000'],
    ['GET', '/call/3000.json'],
    ['GET', '/call/3000/answer.mp3'],
    ['POST', '/call/2001'],
    ['GET', '/../../../x'],
  ])('is 404: %s %s', async (method, path) => {
    const simulator = await startSimulator();
    const { status, text } = await ask(simulator, path, { method });
    expect(status).toBe(404);
    expect(isWellFormed(text)).toBe(true);
    expect(text).toContain('<r:HttpStatus>404<');
  });

  it('answers HEAD without a body', async () => {
    const simulator = await startSimulator();
    const { text } = await ask(simulator, '/call/2001');
    const { headers, body } = await ask(simulator, '/call/2001', { method: 'HEAD' });
    expect(headers['content-length']).toBe(String(Buffer.byteLength(text)));
    expect(body).toHaveLength(0);
  });
});

describe('what is recorded', () => {
  it('is every request, newest last, with the time', async () => {
    const simulator = await startSimulator({ now: () => 17 });
    await ask(simulator, '/call/2001');
    await ask(simulator, '/call/2002?x=1', { authorization: null });
    expect(simulator.requests).toMatchObject([
      { method: 'GET', url: '/api/1.1/rest/call/2001', at: 17, aborted: false },
      { method: 'GET', url: '/api/1.1/rest/call/2002?x=1' },
    ]);
    expect(simulator.requests[1]?.headers.authorization).toBeUndefined();
  });

  it('counts how often a call was asked for, and nothing below it', async () => {
    const simulator = await startSimulator();
    expect(simulator.requestsFor('2001')).toBe(0);
    await ask(simulator, '/call/2001');
    await ask(simulator, '/call/2001?again');
    await ask(simulator, '/call/2001.json');
    await ask(simulator, '/call/2001', { method: 'HEAD' });
    expect(simulator.requestsFor('2001')).toBe(2);
  });
});

describe('start and stop', () => {
  it('stops twice, and starts again on the same port', async () => {
    const simulator = await startSimulator();
    const { baseUrl } = simulator;
    await simulator.stop();
    await simulator.stop();
    expect((await ask(simulator, '/call/2001')).error).toBe('ECONNREFUSED');
    await simulator.start();
    expect(simulator.baseUrl).toBe(baseUrl);
    expect((await ask(simulator, '/call/2001')).status).toBe(200);
  });

  it('closes connections that wait for an answer', async () => {
    const simulator = await startSimulator();
    simulator.setFault('*', { stall: 'headers' });
    const waiting = ask(simulator, '/call/2001');
    await until(() => simulator.requests.length === 1);
    await simulator.stop();
    expect((await waiting).error).toBe('ECONNRESET');
  });

  it('rejects when the port is taken', async () => {
    const { baseUrl } = await startSimulator();
    await expect(startSimulator({ port: Number(new URL(baseUrl).port) })).rejects.toThrow('EADDRINUSE');
  });

  it('forgets a call that was removed, until it is put again', async () => {
    const simulator = await startSimulator();
    await ask(simulator, '/call/2001');
    simulator.removeCall('2001');
    expect((await ask(simulator, '/call/2001')).status).toBe(404);
    simulator.putCall('2001', { state: 'READY' });
    expect((await ask(simulator, '/call/2001')).text).toContain('<State>READY<');
  });
});
