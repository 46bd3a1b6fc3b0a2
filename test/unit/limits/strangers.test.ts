import { beforeEach, describe, expect, it } from '@jest/globals';
import { createStrangers, type Strangers } from '../../../src/limits/strangers.js';

const limit = { requests: 2, seconds: 60 };

describe('createStrangers', () => {
  let at: number;
  let strangers: Strangers;

  beforeEach(() => {
    at = 0;
    strangers = createStrangers(limit, () => at);
  });

  const refuse = (address: string) => {
    at += 1;
    return strangers.refuse(address);
  };

  it('grants each address as many as the limit says', () => {
    expect(refuse('10.0.0.1')).toEqual({ granted: true, limit, remaining: 1, resetSeconds: 60 });
    expect(refuse('10.0.0.1')).toMatchObject({ granted: true, remaining: 0 });
    at = 58_500;
    expect(refuse('10.0.0.1')).toEqual({ granted: false, limit, remaining: 0, resetSeconds: 2 });
    expect(refuse('10.0.0.2')).toMatchObject({ granted: true, remaining: 1 });
  });

  it('begins anew when the window ends, however many came meanwhile', () => {
    for (let i = 0; i < 100; i += 1) refuse('10.0.0.1');
    at = 59_999;
    expect(refuse('10.0.0.1').granted).toBe(false);
    expect(refuse('10.0.0.1')).toMatchObject({ granted: true, remaining: 1, resetSeconds: 60 });
  });

  it('remembers 10,000 addresses, those that are seen again before the others', () => {
    for (let i = 0; i < 3; i += 1) refuse('busy');
    refuse('quiet');
    refuse('quiet');
    for (let i = 0; i < 9_999; i += 1) {
      refuse(`flood ${i}`);
      if (i % 1_000 === 0) refuse('busy');
    }
    expect(refuse('busy').granted).toBe(false);
    expect(refuse('quiet').granted).toBe(true);
  });
});
