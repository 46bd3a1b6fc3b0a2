import { describe, expect, it } from '@jest/globals';
import { Slots } from '../../../../src/http/passthrough/slots.js';

/** Enters that many; what each returns, and which run. */
function enter(slots: Slots, count: number) {
  const running: number[] = [];
  const leave = Array.from({ length: count }, (_, index) => slots.enter(() => void running.push(index)));
  return { running, leave };
}

describe('Slots', () => {
  it('lets those in that wait when there are more', () => {
    const slots = new Slots(1);
    const { running } = enter(slots, 4);
    slots.resize(3);
    expect(running).toEqual([0, 1, 2]);
  });

  it('lets nobody in before there is room when there are fewer', () => {
    const slots = new Slots(2);
    const { running, leave } = enter(slots, 4);
    slots.resize(1);
    leave[0]?.();
    expect(running).toEqual([0, 1]);
    leave[1]?.();
    expect(running).toEqual([0, 1, 2]);
  });

  it('is idle when nobody is in', async () => {
    const slots = new Slots(1);
    await slots.idle();
    const { leave } = enter(slots, 2);
    let idle = false;
    const told = slots.idle().then(() => (idle = true));
    leave[0]?.();
    await new Promise(setImmediate);
    expect(idle).toBe(false);
    leave[1]?.();
    await told;
  });
});
