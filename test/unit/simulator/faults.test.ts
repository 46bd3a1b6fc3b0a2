import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { Fault } from '../../../src/simulator/simulator.js';
import { until } from '../../support/until.js';
import { ask, startSimulator, type Asking } from './running-simulator.js';
import { isWellFormed } from './well-formed.js';

const PATH = '/call/224205636001';

async function withFault(fault: Fault, asking?: Asking, path = PATH) {
  const simulator = await startSimulator();
  const plain = await ask(simulator, path);
  simulator.setFault('*', fault);
  const began = performance.now();
  const reply = await ask(simulator, path, asking);
  return { ...reply, plain, simulator, ms: performance.now() - began };
}

describe('faults that answer something else', () => {
  it('status alone: an empty body', async () => {
    const { status, body, headers } = await withFault({ status: 503, headers: { 'Retry-After': '7' } });
    expect([status, body.length, headers['retry-after']]).toEqual([503, 0, '7']);
    expect(headers['content-type']).toBeUndefined();
  });

  it('body and content type', async () => {
    const { status, text, headers } = await withFault({
      status: 502,
      body: '<h1>no',
      contentType: 'text/html',
    });
    expect([status, text, headers['content-type']]).toEqual([502, '<h1>no', 'text/html']);
  });

  it('exception: a ResourceException with the message', async () => {
    const { status, text } = await withFault({ status: 429, exception: 'Rate Limit < Reached' });
    expect(status).toBe(429);
    expect(isWellFormed(text)).toBe(true);
    expect(text).toMatch(/<r:HttpStatus>429<[^]*<r:Message>Rate Limit &lt; Reached</);
  });

  it('malformed: XML that is whole, but not well-formed', async () => {
    const { status, text, complete, plain } = await withFault({ malformed: true });
    expect([status, complete]).toEqual([200, true]);
    expect(text.length).toBeGreaterThan(plain.text.length);
    expect(isWellFormed(text)).toBe(false);
  });

  it('headers win over the simulator’s own', async () => {
    const { headers, text, plain } = await withFault({
      headers: { 'content-type': 'text/plain', 'X-A': 'b' },
    });
    expect(headers).toMatchObject({ 'content-type': 'text/plain', 'x-a': 'b' });
    expect(text).toBe(plain.text);
  });

  it.each([
    ['gzip', 'gzip', gunzipSync],
    ['deflate', 'deflate', inflateSync],
    ['deflate-raw', 'deflate', inflateRawSync],
  ] as const)('encoding %s', async (encoding, name, decode) => {
    const { headers, body, plain } = await withFault({ encoding });
    expect(headers).toMatchObject({ 'content-encoding': name, 'content-length': String(body.length) });
    expect(decode(body)).toEqual(plain.body);
  });
});

describe('faults in how it is sent', () => {
  it('delayMs: nothing before the time is over', async () => {
    const { status, ms } = await withFault({ delayMs: 60 });
    expect(status).toBe(200);
    expect(ms).toBeGreaterThanOrEqual(59);
  });

  it('held: nothing until the faults are cleared, then all else of the fault', async () => {
    const simulator = await startSimulator();
    simulator.setFault('2001', { held: true, status: 418 });
    let answered = false;
    const held = ask(simulator, '/call/2001').finally(() => (answered = true));
    await until(() => simulator.requestsFor('2001') === 1);
    expect((await ask(simulator, '/call/2002')).status).toBe(200);
    expect(answered).toBe(false);
    simulator.clearFaults();
    expect((await held).status).toBe(418);
    expect((await ask(simulator, '/call/2001')).status).toBe(200);
  });

  it('chunked: the same body without Content-Length', async () => {
    const { headers, body, plain } = await withFault({ chunked: true });
    expect(headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    expect(headers['content-length']).toBeUndefined();
    expect(body).toEqual(plain.body);
  });

  it.each([0, 1, 100])('cutAfterBytes: %d bytes of the body, then the end', async (cutAfterBytes) => {
    const { status, headers, body, complete, error, plain, simulator } = await withFault({ cutAfterBytes });
    expect([status, complete, error]).toEqual([200, false, 'ECONNRESET']);
    expect(headers['content-length']).toBe(String(plain.body.length));
    expect(body).toEqual(plain.body.subarray(0, cutAfterBytes));
    expect(simulator.requests.at(-1)?.aborted).toBe(false);
  });

  it('cutAfterBytes of a chunked answer: no last chunk', async () => {
    const { body, complete } = await withFault({ chunked: true, cutAfterBytes: 50 });
    expect([body.length, complete]).toEqual([50, false]);
  });

  it('reset: no answer at all', async () => {
    const { status, error } = await withFault({ reset: true });
    expect([status, error]).toEqual([undefined, 'ECONNRESET']);
  });

  it('stall headers: nothing comes, and the caller’s leaving is recorded', async () => {
    const simulator = await startSimulator();
    simulator.setFault('*', { stall: 'headers' });
    const leaving = new AbortController();
    const asked = fetch(simulator.baseUrl + PATH, { signal: leaving.signal });
    await until(() => simulator.requests.length === 1);
    leaving.abort();
    await expect(asked).rejects.toThrow('abort');
    await until(() => simulator.requests[0]?.aborted === true);
  });

  it('stall body: the headers and half of the body', async () => {
    const simulator = await startSimulator();
    const { body: whole } = await ask(simulator, PATH);
    simulator.setFault('*', { stall: 'body' });
    const half = Math.floor(whole.length / 2);
    const { status, headers, body, complete } = await ask(simulator, PATH, { leaveAfterBytes: half });
    expect([status, complete, headers['content-length']]).toEqual([200, false, String(whole.length)]);
    expect(body).toEqual(whole.subarray(0, half));
    await until(() => simulator.requests.at(-1)?.aborted === true);
  });

  it('dripBytesPerSecond: the whole body, slowly', async () => {
    const { ms, body, plain } = await withFault({ dripBytesPerSecond: 5000 });
    expect(body).toEqual(plain.body);
    expect(ms).toBeGreaterThan((900 * plain.body.length) / 5000 - 100);
  });

  it.each([{}, { encoding: 'gzip' }] as const)('endless %j: more than anyone wants', async (more) => {
    const { headers, body, simulator } = await withFault(
      { endless: true, ...more },
      { leaveAfterBytes: 1_000_000 },
    );
    expect(headers['content-length']).toBeUndefined();
    expect(body.length).toBeGreaterThanOrEqual(1_000_000);
    await until(() => simulator.requests.at(-1)?.aborted === true);
  });

  it.each([{ endless: true }, { cutAfterBytes: 5 }, { dripBytesPerSecond: 1 }, { chunked: true }] as const)(
    'leave HEAD without a body: %j',
    async (fault) => {
      const { status, complete } = await withFault(fault, { method: 'HEAD' });
      expect([status, complete]).toEqual([200, true]);
    },
  );

  it('cut a streamed recording where they say', async () => {
    const { body, complete, headers } = await withFault(
      { cutAfterBytes: 100_001 },
      {},
      '/call/2001/big-500000.mp3',
    );
    expect([body.length, complete, headers['content-length']]).toEqual([100_001, false, '500000']);
  });
});

describe('which requests a fault meets', () => {
  it('those for its call: document, JSON and recordings', async () => {
    const simulator = await startSimulator();
    simulator.setFault('2001', { status: 500 });
    for (const path of ['/call/2001', '/call/2001.json', '/call/2001/answer.mp3']) {
      expect((await ask(simulator, path)).status).toBe(500);
    }
    expect((await ask(simulator, '/call/2002')).status).toBe(200);
  });

  it('as many as it says, the call’s own before those of *', async () => {
    const simulator = await startSimulator();
    simulator.setFault('*', { status: 500, times: 1 });
    simulator.setFault('2001', { status: 503, times: 2 });
    const statuses = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await ask(simulator, '/call/2001')).status);
    expect(statuses).toEqual([503, 503, 500, 200]);
  });

  it('none any more once cleared', async () => {
    const simulator = await startSimulator();
    simulator.setFault('*', { reset: true });
    simulator.clearFaults();
    expect((await ask(simulator, '/call/2001')).status).toBe(200);
  });

  it('none that could not be sent', async () => {
    const simulator = await startSimulator();
    for (const fault of [{ status: 100 }, { delayMs: -1 }, { headers: { a: 'b\n' } }, { times: 0 }]) {
      expect(() => {
        simulator.setFault('*', fault);
      }).toThrow(TypeError);
    }
    expect(() => {
      simulator.setFault('abc', {});
    }).toThrow("'abc' is neither a call id nor *");
  });
});
