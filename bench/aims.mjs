import { median, ratios } from './measure.mjs';

/** Whether the aims are reached, one line each, for the parts that ran. */
export function aims({ hits, misses, memory }) {
  return [
    ...(hits ? hitAims(hits) : []),
    ...(misses ? missAims(misses) : []),
    ...(memory ? memoryAims(memory) : []),
  ]
    .map(
      ([reached, text, value]) => `- ${reached ? 'reached' : 'NOT reached'}: ${text} (${value.toFixed(2)})`,
    )
    .join('\n');
}

function hitAims([raw, ...others]) {
  const least = { 'gateway, memory': 0.8, 'gateway, Redis and memory': 0.8, 'gateway, Redis only': 0.5 };
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
