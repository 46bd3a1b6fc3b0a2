import { median, ratios } from './measure.mjs';

/**
 * Markdown for the cache hits, each beside the first candidate in its own round. A server that had clearly less than
 * one core was held up by something else on the machine: its CPU time is then the better measure.
 */
export function hitsTable([raw, ...others]) {
  const head = [
    'hits, 64 connections',
    'requests/s',
    'of raw',
    'from – to',
    'cores',
    'CPU µs',
    'of raw by CPU',
  ];
  const row = ({ name, samples }) => {
    const ofRaw = ratios(samples, raw.samples, 'perSecond');
    return [
      name,
      middle(samples, 'perSecond', 0),
      median(ofRaw).toFixed(2),
      `${Math.min(...ofRaw).toFixed(2)} – ${Math.max(...ofRaw).toFixed(2)}`,
      median(samples.map(({ perSecond, cpuMicros }) => (perSecond * cpuMicros) / 1e6)).toFixed(2),
      middle(samples, 'cpuMicros', 1),
      median(ratios(raw.samples, samples, 'cpuMicros')).toFixed(2),
    ];
  };
  return table(head, [raw, ...others].map(row));
}

/** Markdown for the misses, each beside the relay. */
export function missesTable([relay, ...others]) {
  const head = [
    'misses',
    'requests/s, 64 connections',
    'time × relay',
    'µs, 1 connection',
    'time × relay',
    'µs, upstream 20 ms away',
    'time × relay',
    'CPU µs',
  ];
  const row = ({ name, samples, alone, distant }) => [
    name,
    middle(samples, 'perSecond', 0),
    median(ratios(relay.samples, samples, 'perSecond')).toFixed(2),
    middle(alone, 'medianMicros', 0),
    median(ratios(alone, relay.alone, 'medianMicros')).toFixed(2),
    middle(distant, 'medianMicros', 0),
    median(ratios(distant, relay.distant, 'medianMicros')).toFixed(2),
    middle(samples, 'cpuMicros', 1),
  ];
  return table(head, [relay, ...others].map(row));
}

/** Markdown for the conversion, µs a document. */
export function conversionTable(results) {
  const head = [
    'conversion',
    'bytes',
    'fast-xml-parser, µs',
    'with its validator, µs',
    'ours, µs',
    'ours × validator',
  ];
  const row = ({ name, bytes, samples }) => [
    name,
    String(bytes),
    ...['parsed', 'validated', 'ours'].map((way) => middle(samples, way, 1)),
    median(samples.map(({ ours, validated }) => ours / validated)).toFixed(2),
  ];
  return table(head, results.map(row));
}

/** Markdown for the resident memory. */
export function memoryTable(steps) {
  const row = ({ ids, megabytes }) => [String(ids), megabytes.toFixed(0)];
  return table(['distinct ids asked for', 'resident MB'], steps.map(row));
}

/** The median of one field, as text. */
export function middle(samples, field, digits) {
  return median(samples.map((sample) => sample[field])).toFixed(digits);
}

/** A Markdown table, all columns but the first aligned to the right. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map(line).join('\n');
}
