import { median, ratios } from './measure.mjs';

const AIMS = {
  hits: hitAims,
  misses: missAims,
  memory: memoryAims,
  'redis-memory': redisMemoryAims,
  parsing: parsingAims,
  leases: leaseAims,
  'bad-days': badDayAims,
};

/** Whether the aims are reached, one line each, for the parts that ran. */
export function aims(results) {
  return Object.entries(AIMS)
    .flatMap(([part, aimsOf]) => (results[part] ? aimsOf(results[part]) : []))
    .map(
      ([reached, text, value]) => `- ${reached ? 'reached' : 'NOT reached'}: ${text} (${value.toFixed(2)})`,
    )
    .join('\n');
}

function hitAims([raw, ...others]) {
  const least = {
    'gateway, memory': 0.8,
    'gateway, memory, key and limit': 0.65,
    'gateway, Redis and memory': 0.8,
    'gateway, Redis and memory, key and limit': 0.65,
    'gateway, Redis only': 0.5,
  };
  return others
    .filter(({ name }) => Object.hasOwn(least, name))
    .map(({ name, samples }) => {
      const ratio = median(ratios(samples, raw.samples, 'perSecond'));
      return [ratio >= least[name], `${name}: hits at least ${least[name]} of raw`, ratio];
    });
}

function missAims([relay, gateway]) {
  const busy = median(ratios(relay.samples, gateway.samples, 'perSecond'));
  const single = median(ratios(gateway.alone, relay.alone, 'medianMicros'));
  const distant = median(ratios(gateway.distant, relay.distant, 'medianMicros'));
  return [
    [busy <= 1.5, "misses within 1.5 times the relay's time, 64 connections", busy],
    [single <= 1.5, "misses within 1.5 times the relay's time, 1 connection", single],
    [distant <= 1.5, "misses within 1.5 times the relay's time, upstream 20 ms away", distant],
  ];
}

function memoryAims(steps) {
  const growth = steps.at(-1).megabytes / steps[Math.floor(steps.length / 2)].megabytes;
  return [[growth <= 1.1, 'memory bounded: the second half of the ids adds at most a tenth', growth]];
}

function redisMemoryAims(results) {
  return results.map(({ bytes }) => [bytes <= 1100, 'a call takes at most 1,100 bytes of Redis', bytes]);
}

function parsingAims(rounds) {
  const least = Math.min(...rounds.map(({ during }) => during.hitRatio));
  return [[least === 1, 'every answer is a hit while large documents are read', least]];
}

function leaseAims(results) {
  return results
    .filter(({ shared }) => shared)
    .map(({ kind, perCall }) => [
      perCall <= 1.02,
      `one upstream request for a call that is ${kind}`,
      perCall,
    ]);
}

function badDayAims(results) {
  const stored = results.filter(({ kind }) => kind === 'stored');
  const lost = stored.reduce((sum, { during }) => sum + during.lost, 0);
  return [[lost === 0, 'no request for a stored call is lost on any bad day', lost]];
}
