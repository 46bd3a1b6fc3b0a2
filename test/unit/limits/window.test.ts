import { describe, expect, it } from '@jest/globals';
import type { RateLimit } from '../../../src/access/caller.js';
import { Window } from '../../../src/limits/window.js';

const LIMIT: RateLimit = { requests: 1_000, seconds: 60 };
const END = 60_000;

/** A window in which a lot has brought the counter to `count`. */
function filled(lot: number, count: number, { stopgap = false, limit = LIMIT } = {}): Window {
  const window = new Window(limit);
  window.fill(lot, { count, endsAt: END, stopgap }, 0);
  return window;
}

/** How many are granted at once. */
function useUp(window: Window, now = 0): number {
  let granted = 0;
  while (window.take(now)?.granted === true) granted += 1;
  return granted;
}

describe('Window', () => {
  it('knows nothing before it asked the counter', () => {
    expect(new Window(LIMIT).take(0)).toBeUndefined();
    expect(new Window(LIMIT).lotFor(1, 0)).toBe(1);
    expect(new Window(LIMIT).lotAhead(0)).toBe(0);
  });

  it.each([
    ['all of a lot below the limit', 10, 10, 10],
    ['all of a lot that ends at the limit', 10, 1_000, 10],
    ['of a lot across the limit what is below', 10, 1_004, 6],
    ['nothing of a lot above the limit', 10, 1_010, 0],
    ['nothing of a lot far above the limit', 10, 5_000, 0],
  ])('grants %s', (_name, lot, count, granted) => {
    expect(useUp(filled(lot, count))).toBe(granted);
  });

  it('counts down what remains, of the lot and of the rest, and the seconds', () => {
    const window = filled(2, 400);
    expect(window.take(1)).toEqual({ granted: true, limit: LIMIT, remaining: 601, resetSeconds: 60 });
    expect(window.take(58_999)).toEqual({ granted: true, limit: LIMIT, remaining: 600, resetSeconds: 2 });
    expect(window.take(59_999)).toBeUndefined();
  });

  it('refuses by itself once the limit is reached, until the window ends', () => {
    const window = filled(1, 1_001);
    expect(window.take(END - 1)).toEqual({ granted: false, limit: LIMIT, remaining: 0, resetSeconds: 1 });
    expect(window.take(END)).toBeUndefined();
  });

  it('asks again at each request instead, where the counter was a stopgap', () => {
    const window = filled(1, 1_001, { stopgap: true });
    expect(window.take(0)).toBeUndefined();
    expect(window.settle(0)).toMatchObject({ granted: false });
  });

  it('voids what it holds when the window ends', () => {
    const window = filled(10, 10);
    expect(window.take(END)).toBeUndefined();
    window.fill(1, { count: 1, endsAt: 2 * END, stopgap: false }, END);
    expect(useUp(window, END)).toBe(1);
  });

  it('voids what it holds of one counter when another answers', () => {
    const window = filled(10, 10, { stopgap: true });
    window.fill(1, { count: 700, endsAt: END - 1_000, stopgap: false }, 0);
    expect(window.take(END - 1_000)).toBeUndefined();
    expect(useUp(window)).toBe(1);
  });

  it('answers those that waited for a lot although the window is over when it comes', () => {
    const window = filled(2, 2);
    expect(window.settle(END + 5)).toMatchObject({ granted: true, resetSeconds: 1 });
  });

  it('doubles its lots while they are used up', () => {
    const limit = { requests: 1_000_000, seconds: 60 };
    const window = new Window(limit);
    const lots: number[] = [];
    for (let count = 0; lots.length < 14;) {
      const lot = window.lotFor(1, 0);
      count += lot;
      lots.push(lot);
      window.fill(lot, { count, endsAt: END, stopgap: false }, 0);
      useUp(window);
    }
    expect(lots).toEqual([1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000, 1_000, 1_000]);
  });

  it('fetches the next lot when half of the present one is used', () => {
    const window = filled(8, 8);
    const ahead = Array.from({ length: 8 }, () => (window.take(0), window.lotAhead(0)));
    // With it no more is held than was used: 4 are held when 4 are used.
    expect(ahead).toEqual([0, 0, 0, 0, 2, 4, 6, 8]);
    expect(window.lotAhead(END)).toBe(0);
  });

  it('fetches a tenth of what was left at most, and near the limit nothing ahead', () => {
    const after = (count: number) => {
      const window = filled(200, count);
      useUp(window);
      return [window.lotAhead(0), window.lotFor(1, 0), window.lotFor(7, 0)];
    };
    expect(after(200)).toEqual([80, 80, 80]);
    expect(after(950)).toEqual([5, 5, 7]);
    expect(after(991)).toEqual([0, 1, 7]);
  });

  it('begins each window with a lot for those that wait', () => {
    const window = filled(500, 500);
    useUp(window);
    expect(window.lotFor(1, 0)).toBe(50);
    expect(window.lotFor(1, END)).toBe(1);
  });
});
