import { median, ratios } from './measure.mjs';
import { middle, table } from './report.mjs';

/** Markdown for workers, each number of them beside one. */
export function workersTable([one, ...more]) {
  const head = [
    `hits, ${one.cores} cores for workers, load generator and system`,
    'requests/s',
    '× WORKERS=1',
    'cores used',
    'p99 ms',
  ];
  const row = ({ name, samples }) => [
    name,
    middle(samples, 'perSecond', 0),
    median(ratios(samples, one.samples, 'perSecond')).toFixed(2),
    median(samples.map(({ perSecond, cpuMicros }) => (perSecond * cpuMicros) / 1e6)).toFixed(2),
    (median(samples.map(({ p99Micros }) => p99Micros)) / 1000).toFixed(1),
  ];
  return table(head, [one, ...more].map(row));
}

/** Markdown for lookups that meet on three gateways. */
export function leasesTable(results) {
  const head = [
    'three gateways asked at once',
    'calls',
    'lookups',
    'without 200',
    'upstream requests a call',
  ];
  const row = ({ shared, kind, lookups, lost, perCall }) => [
    shared ? 'on one Redis' : 'each by itself',
    kind,
    String(lookups),
    String(lost),
    perCall.toFixed(2),
  ];
  return table(head, results.map(row));
}
