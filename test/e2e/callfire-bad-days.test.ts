import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../src/simulator/simulator.js';
import { get, startGateway, type TestGateway } from '../support/gateway.js';
import { startLoad, type Load, type LoadAnswer } from '../support/load.js';
import { until } from '../support/until.js';

const TIMEOUT_MS = 1000;
const PLACES = 8;
const MAX_BYTES = 262_144;
const TTL_SECONDS = 100;
/** What a busy machine may add. */
const SLACK_MS = 2000;
/** The breaker's own figures: of 20 fetches it can open, so long it rests, then it lets one fetch through. */
const FETCHES_TO_OPEN = 20;
const REST_MS = 5000;

/** A gateway, and the CallFire that goes wrong. */
interface Stage {
  readonly gateway: TestGateway;
  readonly fall: () => Promise<void> | void;
  readonly rise: () => Promise<void> | void;
  /** How often CallFire was asked; undefined where nobody can tell. */
  readonly requests: () => number | undefined;
  readonly close?: () => Promise<void> | void;
}

interface Day {
  readonly set: () => Promise<Stage>;
  /** What a lookup of a call that is not stored may be told, besides `upstream-unavailable` where the breaker opens. */
  readonly codes: readonly string[];
  readonly opensBreaker: boolean;
  /** The most requests that one fetch may come to. */
  readonly attempts: 1 | 3;
  /** How many ask at the same time for calls that must be fetched. */
  readonly crowd: number;
  /** Whether it lasts until the breaker has let a fetch through in vain. */
  readonly lasting?: boolean;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** What callers, CallFire and operators saw of a day. Times by `performance.now()`. */
interface History {
  readonly hits: readonly LoadAnswer[];
  /** To lookups of calls that are not stored, or no longer fresh. */
  readonly others: readonly LoadAnswer[];
  readonly day: Span;
  /** When the first call came that CallFire gave again. */
  readonly wellAt: number;
  readonly requests: number | undefined;
  /** From when all callers had been refused, or many had, to the end of the day. */
  readonly laterRequests: number | undefined;
  readonly health: unknown;
  readonly messages: readonly string[];
}

const REFUSAL = 'upstream-unavailable';

const series = (first: number, count: number) => Array.from({ length: count }, (_, at) => String(first + at));
const STORED = series(2001, 5);
const STALE = series(2011, 5);
const PLAIN = series(2021, 5);
/** By turns calls never seen, calls no longer fresh, and one still in progress, for which several ask at once. */
const WANTED = series(5_000_000_001, 20).flatMap((id, at) => [id, STALE[at % STALE.length] ?? '', '1001']);

async function start(environment: Record<string, string>, began?: (gateway: TestGateway) => void) {
  let clock = Date.parse('2026-06-01T12:00:00Z');
  const gateway = await startGateway({
    environment: {
      UPSTREAM_TIMEOUT_MS: String(TIMEOUT_MS),
      UPSTREAM_MAX_CONCURRENCY: String(PLACES),
      UPSTREAM_MAX_BYTES: String(MAX_BYTES),
      CACHE_TTL_SECONDS: String(TTL_SECONDS),
      ...environment,
    },
    overrides: { now: () => clock },
    simulator: { now: () => 0 },
  });
  try {
    began?.(gateway);
    await ask(gateway, STALE);
    clock += (TTL_SECONDS - 1) * 1000;
    await ask(gateway, STORED);
    clock += 2000;
    return gateway;
  } catch (error) {
    await gateway.stop();
    throw error;
  }
}

async function ask({ url }: TestGateway, ids: readonly string[]): Promise<void> {
  for (const id of ids) expect((await get(`${url}/calls/${id}`)).status).toBe(200);
}

/** CallFire with a fault, whatever it is asked for. */
function faulty(fault: Fault, environment: Record<string, string> = {}): Day['set'] {
  return async () => {
    const gateway = await start(environment);
    const { simulator } = gateway;
    return {
      gateway,
      fall: () => {
        simulator.setFault('*', fault);
      },
      rise: () => {
        simulator.clearFaults();
      },
      requests: () => simulator.requests.length,
    };
  };
}

/** Nothing listens any more where CallFire was. */
async function refused(): Promise<Stage> {
  const gateway = await start({});
  const { simulator } = gateway;
  return { gateway, fall: () => simulator.stop(), rise: () => simulator.start(), requests: () => undefined };
}

const RELAY = `
  const { connect, createServer } = require('node:net');
  const port = new Promise((resolve) => process.stdin.once('data', (text) => resolve(Number(text))));
  const server = createServer(async (socket) => {
    const further = connect(await port, '127.0.0.1');
    socket.pipe(further).pipe(socket);
    socket.on('error', () => further.destroy()).on('close', () => further.destroy());
    further.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
`;

/** A process before CallFire that is stopped: nothing is accepted, and after two connections none can be made. */
async function frozen(): Promise<Stage> {
  const relay = spawn(process.execPath, ['-e', RELAY], { stdio: ['pipe', 'pipe', 'inherit'] });
  const signal = (name: NodeJS.Signals) => () => void relay.kill(name);
  const close = signal('SIGKILL');
  try {
    const port = await firstLine(relay.stdout);
    const environment = { CALLFIRE_BASE_URL: `http://127.0.0.1:${port}/api/1.1/rest` };
    const gateway = await start(environment, ({ simulator }) => {
      relay.stdin.write(new URL(simulator.baseUrl).port);
    });
    return { gateway, fall: signal('SIGSTOP'), rise: signal('SIGCONT'), requests: () => undefined, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function firstLine(stream: Readable): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  return chunk.toString().trim();
}

/** Something else listens where CallFire was. */
function replaced(listener: RequestListener, written: number[] = []): Day['set'] {
  return async () => {
    const gateway = await start({});
    const { simulator } = gateway;
    let asked = 0;
    const other = createServer((request, response) => {
      asked += 1;
      const { socket } = response;
      socket?.once('close', () => written.push(socket.bytesWritten));
      listener(request, response);
    });
    const close = async () => {
      if (!other.listening) return;
      other.close().closeAllConnections();
      await once(other, 'close');
    };
    return {
      gateway,
      fall: async () => {
        await simulator.stop();
        other.listen(Number(new URL(simulator.baseUrl).port), '127.0.0.1');
        await once(other, 'listening');
      },
      rise: async () => {
        await close();
        await simulator.start();
      },
      requests: () => simulator.requests.length + asked,
      close,
    };
  };
}

const endlessBytes: number[] = [];
const endless: RequestListener = (_request, response) => {
  const chunk = Buffer.alloc(65_536, ' ');
  const write = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  write();
};

const OTHER_CALL =
  '<r:Resource xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource">' +
  '<Call id="7"><State>FINISHED</State></Call></r:Resource>';
const EMPTY_RESOURCE = '<r:Resource xmlns:r="http://api.callfire.com/resource"/>';

const failing = { opensBreaker: true, attempts: 1, crowd: 3 } as const;
const silent = { ...failing, crowd: 9, codes: ['upstream-timeout'] };
const erring = { ...failing, codes: ['upstream-error'] };
const wrong = { opensBreaker: false, attempts: 1, crowd: 2, codes: ['upstream-invalid-response'] } as const;

const DAYS: Readonly<Record<string, Day>> = {
  'refuses connections': { ...failing, set: refused, attempts: 3, codes: ['upstream-unreachable'] },
  'resets connections': {
    ...failing,
    set: faulty({ reset: true }),
    attempts: 3,
    codes: ['upstream-unreachable'],
  },
  'takes connections and answers nothing': { ...silent, set: faulty({ stall: 'headers' }) },
  'answers nothing to more lookups than there are places': {
    ...silent,
    set: faulty({ stall: 'headers' }, { UPSTREAM_MAX_CONCURRENCY: '3' }),
    crowd: 12,
  },
  'takes no connections': { ...silent, set: frozen },
  'sends its headers late': { ...silent, set: faulty({ delayMs: 4 * TIMEOUT_MS }) },
  'sends a byte a second': { ...silent, set: faulty({ dripBytesPerSecond: 1 }) },
  'stops in the middle of a body': { ...silent, set: faulty({ stall: 'body' }) },
  'answers 500 for long': { ...erring, set: faulty({ status: 500 }), lasting: true },
  'answers 503 for long': { ...erring, set: faulty({ status: 503 }), attempts: 3, lasting: true },
  'answers 503 with Retry-After': {
    ...erring,
    set: faulty({ status: 503, headers: { 'Retry-After': '2' } }),
  },
  'answers 429 with Retry-After': {
    ...wrong,
    set: faulty({ status: 429, headers: { 'Retry-After': '2' } }),
    codes: ['upstream-rate-limited'],
  },
  "answers another call's document": { ...wrong, set: faulty({ body: OTHER_CALL }) },
  'answers malformed documents': { ...wrong, set: faulty({ malformed: true }) },
  'answers a document without a call': { ...wrong, set: faulty({ body: EMPTY_RESOURCE }) },
  'answers HTML with 200': {
    ...wrong,
    set: faulty({ body: '<!DOCTYPE html><title>Maintenance</title>', contentType: 'text/html' }),
  },
  'cuts bodies': { ...wrong, set: faulty({ cutAfterBytes: 100 }), attempts: 3, crowd: 6 },
  'sends endless bodies': { ...wrong, set: replaced(endless, endlessBytes) },
};
const BREAKER_MESSAGE = /^CallFire (keeps failing|answers again)/;
const NAMES = Object.keys(DAYS);

/** Lives through a day with load from before until after it. */
async function live({ set, opensBreaker, crowd, attempts, lasting = false }: Day): Promise<History> {
  const stage = await set();
  const { gateway, requests } = stage;
  const loads: Load[] = [];
  const load = (ids: readonly string[], clients: number): Load => {
    const started = startLoad({ url: gateway.url, ids, clients });
    loads.push(started);
    return started;
  };
  try {
    const hits = load(STORED, 1);
    const plain = load(PLAIN, 1);
    await until(() => hits.answers.length >= 100 && plain.answers.length >= PLAIN.length);
    await plain.stop();

    await stage.fall();
    const from = performance.now();
    const before = requests();
    const many = load(WANTED, crowd);
    const one = load(WANTED.toReversed(), 1);
    const refused = ({ answers }: Load) => answers.some((answer) => codeOf(answer) === REFUSAL);
    await until(() => (opensBreaker ? refused(many) && refused(one) : many.answers.length > 40));
    await many.stop();
    const health = (await get(`${gateway.url}/readyz`)).json;
    const soon = requests();
    if (lasting) {
      const more = load(WANTED, 2);
      await until(() => (difference(requests(), soon) ?? 0) >= attempts);
      const known = more.answers.length;
      await until(() => more.answers.length > known + 50);
      await more.stop();
    }
    const later = requests();
    const to = performance.now();
    await stage.rise();

    const again = load(WANTED, 2);
    const fetched = (answer: LoadAnswer) => answer.at > to && answer.cacheStatus.includes('fwd-status=200');
    await until(() => again.answers.some(fetched));
    const known = again.answers.length;
    await until(() => again.answers.length > known + WANTED.length);
    const others = (await Promise.all(loads.slice(2).map(stop))).flat();
    return {
      hits: await hits.stop(),
      others,
      day: { from, to },
      wellAt: Math.min(...others.filter(fetched).map(endOf)),
      requests: difference(later, before),
      laterRequests: difference(later, soon),
      health,
      messages: gateway.logLines.map((line) => /"msg":"([^"]*)"/.exec(line)?.[1] ?? line),
    };
  } finally {
    // None may go on asking where a day did not end as it should.
    await Promise.all(loads.map(stop));
    await gateway.stop();
    await stage.close?.();
  }
}

function stop(load: Load): Promise<readonly LoadAnswer[]> {
  return load.stop();
}

function difference(later: number | undefined, sooner: number | undefined): number | undefined {
  return later === undefined || sooner === undefined ? undefined : later - sooner;
}

function codeOf({ status, text }: LoadAnswer): string {
  return status === 200 ? 'ok' : (/"code":"([^"]*)"/.exec(text)?.[1] ?? text);
}

function endOf({ at, ms }: LoadAnswer): number {
  return at + ms;
}

function within({ from, to }: Span) {
  return (answer: LoadAnswer): boolean => answer.at >= from && endOf(answer) <= to;
}

function medianMs(answers: readonly LoadAnswer[]): number {
  return answers.map(({ ms }) => ms).sort((one, other) => one - other)[answers.length >> 1] ?? NaN;
}

const histories = new Map<string, Promise<History>>();

// Many at the same time, because the breaker rests for seconds.
beforeAll(async () => {
  const begin = (which: (day: Day) => boolean): Promise<unknown> => {
    const days = Object.entries(DAYS).filter(([, day]) => which(day));
    const lives = days.map(([name, day]) => {
      const history = live(day);
      histories.set(name, history);
      return history;
    });
    return Promise.allSettled(lives);
  };
  const lasting = begin((day) => day.lasting === true);
  await begin((day) => day.opensBreaker && day.lasting !== true);
  await begin((day) => !day.opensBreaker);
  await lasting;
}, 60_000);

describe.each(NAMES)('On a day when CallFire %s', (name) => {
  const day = DAYS[name];
  if (day === undefined) throw new Error('It is in the calendar.');
  const { codes, opensBreaker, attempts, lasting = false } = day;
  const history = async (): Promise<History> => {
    const lived = histories.get(name);
    if (lived === undefined) throw new Error('It has not been lived through.');
    return lived;
  };

  it('stored calls are answered, the stale ones too', async () => {
    const { hits, others, day } = await history();
    expect(hits.filter(within(day)).length).toBeGreaterThan(10);
    expect(hits.filter(({ status, cacheStatus }) => status !== 200 || !isHit(cacheStatus))).toEqual([]);
    const stale = others.filter(within(day)).filter(({ id }) => STALE.includes(id));
    expect(stale.length).toBeGreaterThan(3);
    expect(stale.filter(({ status, cacheStatus }) => status !== 200 || !isStale(cacheStatus))).toEqual([]);
  });

  it('hits do not wait for it', async () => {
    const { hits, day } = await history();
    // So wide because all days share this process; what waited for CallFire would take as long as that does.
    expect(medianMs(hits.filter(within(day)))).toBeLessThan(TIMEOUT_MS / 4);
  });

  it('other lookups are told why, in time', async () => {
    const { others, day } = await history();
    const failed = others.filter(within(day)).filter(({ id }) => !STALE.includes(id));
    const told = new Set(failed.map(codeOf));
    const expected = [...codes, ...(opensBreaker ? [REFUSAL] : [])];
    expect([...told]).toEqual(expect.arrayContaining(expected));
    // A machine that stands still for a while adds timeouts.
    expect([...expected, 'upstream-timeout']).toEqual(expect.arrayContaining([...told]));
    expect(Math.max(...others.map(({ ms }) => ms))).toBeLessThan(TIMEOUT_MS + SLACK_MS);
  });

  it('CallFire is spared where it fails, and never asked more often than callers ask', async () => {
    const { others, day, health, requests = 0, laterRequests = 0 } = await history();
    expect(health).toMatchObject({ upstream: opensBreaker ? 'failing' : 'ok' });
    // Under way when the breaker opens are at most as many as there are places; and one is let through later.
    const fetches = opensBreaker ? FETCHES_TO_OPEN + PLACES : others.filter(({ at }) => at < day.to).length;
    expect(requests).toBeLessThanOrEqual(attempts * fetches);
    if (opensBreaker) expect(laterRequests).toBeLessThanOrEqual(lasting ? attempts : 0);
  });

  it('it is over for callers when it is over for CallFire, after a rest at most', async () => {
    const { others, day, wellAt } = await history();
    expect(wellAt - day.to).toBeLessThan((opensBreaker ? REST_MS : 0) + SLACK_MS);
    const after = others.filter(({ at }) => at > wellAt);
    expect(after.length).toBeGreaterThan(WANTED.length / 2);
    expect(after.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('the log says everything once', async () => {
    const messages = (await history()).messages.filter((message) => message !== 'request');
    expect(messages).toEqual([...new Set(messages)]);
    expect(messages.filter((message) => BREAKER_MESSAGE.test(message))).toHaveLength(opensBreaker ? 2 : 0);
    expect(messages.filter((message) => message.startsWith('CallFire')).length).toBeGreaterThan(
      opensBreaker ? 2 : 0,
    );
  });
});

it('An endless body is not read for long', () => {
  expect(endlessBytes.length).toBeGreaterThan(10);
  // What the kernel takes on both sides of the connection is written, too.
  expect(Math.max(...endlessBytes)).toBeLessThan(MAX_BYTES + 16 * 1024 * 1024);
});

function isHit(cacheStatus: string): boolean {
  return cacheStatus.startsWith('callfire-gateway; hit');
}

function isStale(cacheStatus: string): boolean {
  return cacheStatus.startsWith('callfire-gateway; fwd=stale') && !cacheStatus.includes('fwd-status=200');
}
