import { describe, expect, it } from '@jest/globals';
import { SingleFlight } from '../../../src/calls/single-flight.js';

describe('SingleFlight', () => {
  it('lets all who ask while the work is under way share it', async () => {
    const flights = new SingleFlight<number>();
    let runs = 0;
    const work = () => Promise.resolve(++runs);
    const first = flights.share('a', work);
    const second = flights.share('a', work);
    expect([first.joined, second.joined]).toEqual([false, true]);
    expect(await Promise.all([first.outcome, second.outcome])).toEqual([1, 1]);
    expect(await flights.share('a', work).outcome).toBe(2);
  });

  it('keeps different keys apart', async () => {
    const flights = new SingleFlight<string>();
    const of = (key: string) => flights.share(key, () => Promise.resolve(key)).outcome;
    expect(await Promise.all([of('a'), of('b')])).toEqual(['a', 'b']);
  });

  it('answers all who waited with one failure and then forgets it', async () => {
    const flights = new SingleFlight<string>();
    const failing = () => Promise.reject(new Error('down'));
    const outcomes = [flights.share('a', failing).outcome, flights.share('a', failing).outcome];
    for (const outcome of outcomes) await expect(outcome).rejects.toThrow('down');
    expect(await flights.share('a', () => Promise.resolve('up')).outcome).toBe('up');
  });
});
