import { describe, expect, it } from '@jest/globals';
import { ask, startSimulator } from './running-simulator.js';

const START_MS = Date.UTC(2026, 0, 1);

function text(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>(.*?)</${name}>`).exec(xml)?.[1];
}

async function startWithClock(seed = 1) {
  const clock = { ms: START_MS };
  const simulator = await startSimulator({ seed, now: () => clock.ms });
  const at = async (seconds: number, path = '/call/1001'): Promise<string> => {
    clock.ms = START_MS + seconds * 1000;
    return (await ask(simulator, path)).text;
  };
  return { simulator, at };
}

describe('moving calls', () => {
  it('go from READY to SELECTED to FINISHED by the clock', async () => {
    const { at } = await startWithClock();
    for (const [seconds, state, modified] of [
      [0, 'READY', '2026-01-01T00:00:00Z'],
      [4.999, 'READY', '2026-01-01T00:00:00Z'],
      [5, 'SELECTED', '2026-01-01T00:00:05Z'],
      [9.999, 'SELECTED', '2026-01-01T00:00:05Z'],
      [10, 'FINISHED', '2026-01-01T00:00:10Z'],
    ] as const) {
      const xml = await at(seconds);
      expect([text(xml, 'State'), text(xml, 'Modified')]).toEqual([state, modified]);
      expect(xml.includes('<CallRecord')).toBe(state === 'FINISHED');
      expect(text(xml, 'FinalResult')).toBe(state === 'FINISHED' ? 'LA' : undefined);
    }
  });

  it('get a recording and a note some seconds after they finished', async () => {
    const { at } = await startWithClock();
    expect(await at(14.999)).not.toMatch(/RecordingMeta|<Note>/);
    const xml = await at(15);
    expect(xml).toMatch(/<RecordingMeta [^]*<Note>/);
    expect(text(xml, 'Modified')).toBe('2026-01-01T00:00:10Z');
  });

  it('move at the same times for the same seed', async () => {
    const [one, same, other] = await Promise.all([3, 3, 4].map(startWithClock));
    if (!one || !same || !other) throw new Error('three were started');
    const list = async ({ at }: typeof one): Promise<string> =>
      (await at(8, '/call?BroadcastId=1836950001')) + (await at(300, '/call?BroadcastId=1836950001'));
    const times = await list(one);
    expect(times).toContain('<Call id="1009">');
    expect(await list(same)).toBe(times);
    expect(await list(other)).not.toBe(times);
  });

  it('are made by POST /call, which answers the broadcast’s id', async () => {
    const { simulator, at } = await startWithClock();
    const form = { method: 'POST', body: 'Type=VOICE&From=12132609784&To=19196991764+12' };
    const { status, text: xml } = await ask(simulator, '/call', form);
    expect([status, text(xml, 'r:Id')]).toEqual([201, '1900000001']);
    expect(await at(0, '/call?BroadcastId=1900000001')).toMatch(/totalResults="2"[^]*READY[^]*READY/);
    expect(await at(60, '/call?BroadcastId=1900000001&State=FINISHED')).toContain('<ToNumber>19196991764<');
    expect(await at(60, '/call?BroadcastId=1900000001&State=INVALID')).toContain('<ToNumber>12<');
  });
});
