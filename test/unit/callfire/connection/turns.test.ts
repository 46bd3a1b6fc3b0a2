import { afterEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../../../src/callfire/connection/deadline.js';
import { Turns } from '../../../../src/callfire/connection/turns.js';
import { GatewayError } from '../../../../src/errors.js';
import { rejection } from '../small-upstreams.js';

const deadlines: Deadline[] = [];
const enough = (): Deadline => {
  const deadline = new Deadline(60_000);
  deadlines.push(deadline);
  return deadline;
};

afterEach(() => {
  for (const deadline of deadlines.splice(0)) deadline.clear();
});

describe('Turns', () => {
  it('lets as many in as it has places, the others in the order they came', async () => {
    const queue = new Turns(2);
    const entered: number[] = [];
    const all = [0, 1, 2, 3, 4].map((index) => queue.enter(enough()).then(() => entered.push(index)));
    await Promise.all(all.slice(0, 2));
    expect(entered).toEqual([0, 1]);
    queue.leave();
    await all[2];
    expect(entered).toEqual([0, 1, 2]);
    queue.leave();
    queue.leave();
    await Promise.all(all);
    expect(entered).toEqual([0, 1, 2, 3, 4]);
  });

  it('keeps at most 32 waiting for each place', async () => {
    const queue = new Turns(2);
    await Promise.all([queue.enter(enough()), queue.enter(enough())]);
    const waiting = Array.from({ length: 64 }, () => queue.enter(enough()));
    const error = await rejection(queue.enter(enough()));
    expect(error).toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
    queue.leave();
    await waiting[0];
    waiting.push(queue.enter(enough()));
    waiting.forEach(() => {
      queue.leave();
    });
    await Promise.all(waiting);
  });

  it('takes a waiter out of the line when its deadline ends, wherever it stands', async () => {
    const queue = new Turns(1);
    await queue.enter(enough());
    const given = [enough(), enough(), enough(), enough(), enough()];
    const entered: number[] = [];
    const all = given.map((deadline, index) => queue.enter(deadline).then(() => entered.push(index)));
    const reason = new GatewayError('upstream-timeout', 'too late');
    for (const index of [0, 2, 4]) {
      given[index]?.end(reason);
      await expect(all[index]).rejects.toBe(reason);
    }
    queue.leave();
    queue.leave();
    await Promise.all([all[1], all[3]]);
    expect(entered).toEqual([1, 3]);
  });

  it('has its places back after all that', async () => {
    const queue = new Turns(1);
    await queue.enter(enough());
    const impatient = enough();
    const refused = rejection(queue.enter(impatient));
    impatient.end(new GatewayError('upstream-timeout', 'too late'));
    await refused;
    queue.leave();
    await queue.enter(enough());
    const next = queue.enter(enough());
    queue.leave();
    await next;
  });

  it('lets those in that wait when it has more places', async () => {
    const queue = new Turns(1);
    await queue.enter(enough());
    const waiting = [queue.enter(enough()), queue.enter(enough()), queue.enter(enough())];
    queue.resize(3);
    await Promise.all(waiting.slice(0, 2));
    expect(queue.state).toMatchObject({ underWay: 3, waiting: 1, places: 3 });
    queue.leave();
    await waiting[2];
  });

  it('waits for room when it has fewer', async () => {
    const queue = new Turns(2);
    await Promise.all([queue.enter(enough()), queue.enter(enough())]);
    const next = queue.enter(enough());
    queue.resize(1);
    queue.leave();
    expect(queue.state).toMatchObject({ underWay: 1, waiting: 1, places: 1 });
    queue.leave();
    await next;
  });
});
