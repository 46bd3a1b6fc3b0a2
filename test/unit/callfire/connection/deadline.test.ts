import { describe, expect, it } from '@jest/globals';
import { Deadline } from '../../../../src/callfire/connection/deadline.js';
import { GatewayError } from '../../../../src/errors.js';
import { rejection } from '../small-upstreams.js';

const REASON = new GatewayError('upstream-unavailable', 'stopped');
const nothing = (): void => undefined;

describe('Deadline', () => {
  it('abandons what is waited for when its time is over, and says how long that was', async () => {
    const deadline = new Deadline(20);
    let abandoned = 0;
    const error = await rejection(deadline.limit<undefined>(() => () => abandoned++));
    expect(error.code).toBe('upstream-timeout');
    expect(error.message).toContain('20 milliseconds');
    expect(abandoned).toBe(1);
    expect(deadline.remainingMs).toBeLessThan(2);
  });

  it('does not even begin what comes after its end', async () => {
    const deadline = new Deadline(60_000);
    deadline.end(REASON);
    deadline.clear();
    let began = false;
    const late = deadline.limit<undefined>(() => {
      began = true;
      return nothing;
    });
    await expect(late).rejects.toBe(REASON);
    expect(began).toBe(false);
  });

  it('passes on what came in time', async () => {
    const deadline = new Deadline(60_000);
    const value = await deadline.limit<string>((settle) => {
      settle('in time');
      return nothing;
    });
    deadline.end(REASON);
    deadline.clear();
    expect(value).toBe('in time');
  });

  it('tells when no time is left, also before its timer has noticed', () => {
    const deadline = new Deadline(60_000);
    const tight = new Deadline(0.9);
    expect(() => {
      deadline.throwIfOver();
    }).not.toThrow();
    expect(() => {
      tight.throwIfOver();
    }).toThrow('0.9 milliseconds');
    deadline.end(REASON);
    expect(() => {
      deadline.throwIfOver();
    }).toThrow(REASON);
    deadline.clear();
    tight.clear();
  });

  it('ends a pause', async () => {
    const deadline = new Deadline(60_000);
    const pause = deadline.pause(30_000);
    deadline.end(REASON);
    deadline.clear();
    await expect(pause).rejects.toBe(REASON);
  });

  it('keeps the first reason', async () => {
    const deadline = new Deadline(60_000);
    deadline.end(REASON);
    deadline.end(new GatewayError('upstream-timeout', 'later'));
    deadline.clear();
    await expect(deadline.pause(1)).rejects.toBe(REASON);
  });
});
