import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FetchGuard } from '../../../../src/callfire/connection/fetch-guard.js';
import { until } from '../../../support/until.js';
import { callDocument, ID, rejection, UpstreamBench } from '../small-upstreams.js';

const bench = new UpstreamBench();
afterEach(() => bench.close());

/** A server that holds every request until it is released. */
async function holdingServer() {
  const held: ServerResponse[] = [];
  const { url, requests } = await bench.http((_request, response) => held.push(response));
  return { url, requests, held };
}

describe('FetchGuard', () => {
  it('leaves no timer behind', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const guard = new FetchGuard({ timeoutMs: 60_000, maxConcurrency: 1, log, now: () => 0 });
    const before = timers();
    await Promise.all([1, 2, 3].map((value) => guard.run(() => Promise.resolve(value))));
    await expect(guard.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(timers()).toBe(before);
  });
});

describe('CallFireClient lets fetches wait', () => {
  it('beyond maxConcurrency, and sends them in the order they came', async () => {
    const { url, requests, held } = await holdingServer();
    const client = bench.client(url, { maxConcurrency: 2 });
    const all = ['1', '2', '3', '4'].map((id) => client.fetchCall(id));
    for (let sent = 2; sent <= 4; sent++) {
      await until(() => requests.length >= sent);
      expect(requests).toHaveLength(sent);
      held[sent - 2]?.end(callDocument(String(sent - 1)));
      await all[sent - 2];
    }
    held[3]?.end(callDocument('4'));
    expect((await Promise.all(all)).map((call) => call.id)).toEqual(['1', '2', '3', '4']);
  });

  it('but only 32 for each place', async () => {
    const { url, requests, held } = await holdingServer();
    const client = bench.client(url, { maxConcurrency: 2 });
    const all = Array.from({ length: 66 }, () => client.fetchCall(ID));
    expect(await rejection(client.fetchCall(ID))).toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
    for (let answered = 0; answered < 66; answered++) {
      await until(() => held.length > answered);
      held[answered]?.end(callDocument());
    }
    await Promise.all(all);
    expect(requests).toHaveLength(66);
  });
});

describe("CallFireClient's breaker", () => {
  let nowMs = 0;

  /** A client whose server answers with `status()`, and how to fetch many times. */
  async function client(status: () => number) {
    const { url, requests } = await bench.http((_request, response) => {
      const code = status();
      if (code === 0) response.socket?.resetAndDestroy();
      else response.writeHead(code).end(code === 200 ? callDocument() : '');
    });
    const client = bench.client(url, { now: () => nowMs });
    const codes = async (times: number): Promise<string[]> => {
      const fetched = Array.from({ length: times }, () =>
        client.fetchCall(ID).then(
          () => 'answered',
          () => 'refused',
        ),
      );
      return Promise.all(fetched);
    };
    return { client, requests, codes };
  }

  const breakerLines = () =>
    bench.log.filter(({ text }) => text.includes('"breaker"')).map(({ level }) => level);

  it.each([500, 503, 0])(
    'opens after 20 fetches that end with %d and keeps the others from being sent',
    async (status) => {
      const { client: broken, requests, codes } = await client(() => status);
      await codes(19);
      expect(broken.breakerState).toBe('closed');
      await codes(1);
      expect(broken.breakerState).toBe('open');
      const sent = requests.length;
      nowMs += 1500;
      const error = await rejection(broken.fetchCall(ID));
      expect(error).toMatchObject({ code: 'upstream-unavailable', retryAfterSeconds: 4 });
      expect(requests).toHaveLength(sent);
      expect(breakerLines()).toEqual(['warn']);
    },
  );

  it.each([200, 201, 302, 400, 401, 404, 429])(
    'stays closed whatever number of fetches end with %d',
    async (status) => {
      const { client: sound, codes } = await client(() => status);
      await codes(40);
      expect(sound.breakerState).toBe('closed');
    },
  );

  it('refuses those that waited for their turn when it opens', async () => {
    const { requests, codes } = await client(() => 500);
    await codes(60);
    // Four places: three more can be under way when the twentieth ends.
    expect(requests.length).toBeLessThanOrEqual(23);
  });

  it('counts what timed out on its way, not what timed out in the queue', async () => {
    const { url } = await bench.http(() => undefined);
    const one = bench.client(url, { timeoutMs: 150, maxConcurrency: 1 });
    await Promise.allSettled(Array.from({ length: 25 }, () => one.fetchCall(ID)));
    expect(one.breakerState).toBe('closed');
    const many = bench.client(url, { timeoutMs: 150, maxConcurrency: 20 });
    await Promise.allSettled(Array.from({ length: 20 }, () => many.fetchCall(ID)));
    expect(many.breakerState).toBe('open');
  });

  it('does not count what timed out after it had spent most of its time in the queue', async () => {
    const { url, held } = await holdingServer();
    const client = bench.client(url, { timeoutMs: 1000, maxConcurrency: 20 });
    const first = Array.from({ length: 20 }, () => client.fetchCall(ID));
    const second = Array.from({ length: 20 }, () => rejection(client.fetchCall(ID)));
    await until(() => held.length === 20);
    setTimeout(() => {
      for (const response of held.slice(0, 20)) response.end(callDocument());
    }, 600);
    await Promise.all(first);
    for (const error of await Promise.all(second)) expect(error.code).toBe('upstream-timeout');
    expect(client.breakerState).toBe('closed');
  });

  it('opens although most fetches wait for a place, when nobody is answered at all', async () => {
    const { url } = await bench.http(() => undefined);
    const client = bench.client(url, { timeoutMs: 200, maxConcurrency: 2 });
    const fetching = new Set<Promise<unknown>>();
    await until(() => {
      if (client.breakerState === 'open') return true;
      const fetch = rejection(client.fetchCall(ID)).finally(() => fetching.delete(fetch));
      fetching.add(fetch);
      return false;
    }, 5000);
    await Promise.all(fetching);
  });

  it('says so once a minute at most, however often it opens', async () => {
    let status = 500;
    const { client: flapping, codes } = await client(() => status);
    for (let second = 0; second < 60; second += 5) {
      status = 500;
      await codes(20);
      expect(flapping.breakerState).toBe('open');
      nowMs += 5000;
      status = 200;
      await codes(1);
      expect(flapping.breakerState).toBe('closed');
    }
    expect(breakerLines()).toEqual(['warn', 'info']);
    status = 500;
    await codes(20);
    expect(breakerLines()).toEqual(['warn', 'info', 'warn']);
  });

  it('says a minute later that it is open where it could not at once', async () => {
    let status = 500;
    const { codes } = await client(() => status);
    await codes(20);
    nowMs += 5000;
    status = 200;
    await codes(1);
    status = 500;
    await codes(20);
    expect(breakerLines()).toEqual(['warn', 'info']);
    nowMs += 60_000;
    await codes(1);
    expect(breakerLines()).toEqual(['warn', 'info', 'warn']);
  });

  it('lets one fetch through after five seconds and closes when that succeeds', async () => {
    let status = 500;
    const { client: healing, requests, codes } = await client(() => status);
    await codes(20);
    nowMs += 5000;
    const before = requests.length;
    await codes(5);
    expect(requests).toHaveLength(before + 1);
    expect(healing.breakerState).toBe('open');
    status = 200;
    nowMs += 5000;
    expect((await codes(5)).filter((code) => code === 'answered')).toHaveLength(1);
    expect(await codes(5)).not.toContain('refused');
    expect(breakerLines()).toEqual(['warn', 'info']);
  });
});

describe('CallFireClient.close', () => {
  it('ends what is under way or waits, and refuses what comes', async () => {
    const { url, requests } = await holdingServer();
    const client = bench.client(url, { maxConcurrency: 1 });
    const all = [rejection(client.fetchCall('1')), rejection(client.fetchCall('2'))];
    await until(() => requests.length > 0);
    await client.close();
    const errors = [...(await Promise.all(all)), await rejection(client.fetchCall('3'))];
    for (const error of errors)
      expect(error).toMatchObject({ code: 'upstream-unavailable', retryAfterSeconds: 1 });
    expect(requests).toHaveLength(1);
  });

  it('ends connections that are still being made', async () => {
    const { port, sockets } = await bench.tcp(() => undefined);
    const client = bench.client(new URL(`https://127.0.0.1:${port}`));
    const refused = rejection(client.fetchCall(ID));
    await until(() => sockets.length > 0);
    const hungUp = new Promise((resolve) => sockets[0]?.on('close', resolve).resume());
    await client.close();
    await refused;
    await hungUp;
  });

  it('ends a pause between attempts', async () => {
    let answered = 0;
    const { url } = await bench.http((_request, response) => {
      response.on('finish', () => answered++);
      response.writeHead(503, { 'retry-after': '4' }).end();
    });
    const client = bench.client(url);
    const refused = rejection(client.fetchCall(ID));
    await until(() => answered > 0);
    await client.close();
    expect((await refused).code).toBe('upstream-unavailable');
  });

  it('can be called twice', async () => {
    const { url } = await bench.http((_request, response) => response.end(callDocument()));
    const client = bench.client(url);
    await client.fetchCall(ID);
    await Promise.all([client.close(), client.close()]);
    await client.close();
  });
});
