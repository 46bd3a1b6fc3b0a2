import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Caller } from '../../../src/access/caller.js';
import { GatewayResponse } from '../../../src/http/gateway-response.js';
import { Metrics } from '../../../src/ops/metrics.js';
import { lasting, textOf } from '../../../src/ops/samples.js';
import { metric } from '../../support/operators.js';

const NAME = 'callfire_gateway_requests_total';
const CALLER: Caller = {
  kind: 'key',
  name: 'web',
  account: 'main',
  scopes: new Set(),
  limit: undefined,
  origins: undefined,
};

let metrics: Metrics;
let redis: 'up' | 'down';

const createMetrics = () =>
  new Metrics({
    health: () => ({ stopping: false, cache: redis, upstream: 'ok', accounts: [], reload: undefined }),
    reloads: () => ({ done: 2 }),
    droppedLines: () => 3,
  });

beforeEach(() => {
  redis = 'up';
  metrics = createMetrics();
});

interface Asked extends Partial<Pick<GatewayResponse, 'caller' | 'account' | 'code' | 'statusCode'>> {
  readonly method?: string;
  readonly aborted?: boolean;
  readonly ms?: number;
}

function answered({ method = 'GET', aborted = false, ms = 0, ...fields }: Asked, of = metrics): void {
  const request = Object.assign(new IncomingMessage(new Socket()), { method });
  const response = Object.assign(new GatewayResponse(request), { route: '/calls/:id' }, fields);
  if (!aborted) response.end();
  response.ms = ms;
  of.ended(request, response);
}

const account = (name: string) => ({
  name,
  lookup: { peek: () => undefined, lookup: () => Promise.reject(new Error('not asked')) },
  passthrough: undefined,
});

describe('Metrics', () => {
  it('tells consumers with keys apart by name and keeps tokens, the open door and strangers together', async () => {
    const main = account('main');
    answered({ caller: CALLER, account: main });
    answered({ caller: { ...CALLER, name: 'mobile' }, account: main });
    for (const name of ['user-1', 'user-2'])
      answered({ caller: { ...CALLER, kind: 'token', name }, account: main });
    answered({ caller: { ...CALLER, kind: 'open', name: 'open' }, account: main });
    answered({ code: 'unauthenticated', statusCode: 401 });

    const text = await metrics.text();

    const of = (consumer: string) => metric(text, NAME, { consumer });
    expect(['web', 'mobile', 'token', 'open', 'none'].map(of)).toEqual([1, 1, 2, 1, 1]);
    expect(text).not.toContain('user-1');
    const refused = { reason: 'unauthenticated', consumer: 'none' };
    expect(metric(text, 'callfire_gateway_refused_requests_total', refused)).toBe(1);
  });

  it('takes no label from what a caller made up', async () => {
    answered({ method: 'BREW', caller: { ...CALLER, kind: 'token', account: 'made-up' }, code: 'forbidden' });
    const text = await metrics.text();
    expect(metric(text, NAME, { method: 'other', account: 'none', consumer: 'token' })).toBe(1);
    expect(text).not.toMatch(/BREW|made-up/);
  });

  it('counts an answer that nobody waited for as aborted', async () => {
    answered({ aborted: true, account: account('main') });
    expect(metric(await metrics.text(), NAME, { status: 'aborted' })).toBe(1);
  });

  it('sorts durations into buckets that hold all that is shorter', async () => {
    for (const ms of [0, 20, 20, 60_000]) answered({ ms });
    metrics.observer('main').attempt('200', 1_500);
    const text = await metrics.text();
    const bucket = (le: string) => metric(text, 'callfire_gateway_request_duration_seconds_bucket', { le });
    expect(['0.01', '0.05', '30', '+Inf'].map(bucket)).toEqual([1, 3, 3, 4]);
    expect(metric(text, 'callfire_gateway_request_duration_seconds_count')).toBe(4);
    expect(metric(text, 'callfire_gateway_upstream_duration_seconds_sum', { account: 'main' })).toBe(1.5);
  });
});

describe('textOf', () => {
  it('adds up what processes count, and takes the worst of what they see', async () => {
    const other = createMetrics();
    answered({ ms: 20 });
    answered({ ms: 20 }, other);
    const samples = [await metrics.samples()];
    redis = 'down';
    samples.push(await other.samples());

    const text = await textOf(samples);

    expect(metric(text, NAME)).toBe(2);
    const bucket = 'callfire_gateway_request_duration_seconds_bucket';
    expect(metric(text, bucket, { le: '0.05' })).toBe(2);
    expect(metric(text, 'callfire_gateway_redis_up')).toBe(0);
    expect(metric(text, 'callfire_gateway_reloads_total', { outcome: 'done' })).toBe(2);
    expect(metric(text, 'callfire_gateway_log_lines_dropped_total')).toBe(6);
  });

  it('keeps the counts of a process that has ended, and not its state', async () => {
    answered({});
    const text = await textOf([await lasting([await metrics.samples()])]);
    expect(metric(text, NAME)).toBe(1);
    expect(text).not.toMatch(/redis_up|resident_memory/);
  });
});
