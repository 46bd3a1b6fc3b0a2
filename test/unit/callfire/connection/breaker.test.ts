import { beforeEach, describe, expect, it } from '@jest/globals';
import { Breaker } from '../../../../src/callfire/connection/breaker.js';

let nowMs: number;
let breaker: Breaker;

beforeEach(() => {
  nowMs = 1_000_500;
  breaker = new Breaker(() => nowMs);
});

function finish(times: number, failed: boolean): void {
  for (let finished = 0; finished < times; finished++) breaker.end(breaker.begin(), failed);
}

describe('Breaker', () => {
  it('opens with the twentieth fetch when half of them failed', () => {
    finish(10, false);
    finish(9, true);
    expect(breaker.state).toBe('closed');
    expect(breaker.waitMs).toBe(0);
    finish(1, true);
    expect(breaker.state).toBe('open');
    expect(breaker.waitMs).toBe(5000);
  });

  it('stays closed while fewer than half fail', () => {
    finish(101, false);
    finish(100, true);
    expect(breaker.state).toBe('closed');
  });

  it('forgets what is ten seconds past', () => {
    finish(19, true);
    nowMs += 10_000;
    finish(19, true);
    expect(breaker.state).toBe('closed');
    finish(1, true);
    expect(breaker.state).toBe('open');
  });

  it('remembers what is nine seconds past', () => {
    finish(19, true);
    nowMs += 9000;
    finish(1, true);
    expect(breaker.state).toBe('open');
  });

  it('counts down while it is open', () => {
    finish(20, true);
    nowMs += 4999;
    expect(breaker.waitMs).toBe(1);
    expect(breaker.state).toBe('open');
    nowMs += 1;
    expect(breaker.waitMs).toBe(0);
    expect(breaker.state).toBe('half-open');
  });

  it('lets a single probe through when it is half-open', () => {
    finish(20, true);
    nowMs += 5000;
    breaker.begin();
    expect(breaker.waitMs).toBeGreaterThan(0);
    nowMs += 60_000;
    expect(breaker.waitMs).toBeGreaterThan(0);
  });

  it('closes after a good probe and starts counting anew', () => {
    finish(20, true);
    nowMs += 5000;
    finish(1, false);
    expect(breaker.state).toBe('closed');
    expect(breaker.waitMs).toBe(0);
    finish(19, true);
    expect(breaker.state).toBe('closed');
  });

  it('opens again after a failed probe, for as long', () => {
    finish(20, true);
    nowMs += 5000;
    finish(1, true);
    expect(breaker.waitMs).toBe(5000);
    nowMs += 5000;
    finish(1, false);
    expect(breaker.state).toBe('closed');
  });

  it('neither opens nor closes on what says nothing', () => {
    finish(19, true);
    for (let dismissed = 0; dismissed < 30; dismissed++) breaker.dismiss(breaker.begin());
    expect(breaker.state).toBe('closed');
    finish(1, true);
    expect(breaker.state).toBe('open');
    nowMs += 5000;
    breaker.dismiss(breaker.begin());
    expect(breaker.state).toBe('half-open');
    expect(breaker.waitMs).toBe(0);
  });

  it('is not moved by fetches from before it opened', () => {
    const early = Array.from({ length: 3 }, () => breaker.begin());
    finish(20, true);
    early.slice(0, 1).forEach((epoch) => {
      breaker.end(epoch, false);
    });
    expect(breaker.state).toBe('open');
    nowMs += 5000;
    const probe = breaker.begin();
    early.slice(1, 2).forEach((epoch) => {
      breaker.end(epoch, false);
      breaker.dismiss(epoch);
    });
    expect(breaker.waitMs).toBeGreaterThan(0);
    breaker.end(probe, false);
    early.slice(2).forEach((epoch) => {
      breaker.end(epoch, true);
    });
    finish(19, true);
    expect(breaker.state).toBe('closed');
  });
});
