import { median } from './measure.mjs';
import { middle, table } from './report.mjs';

/** Markdown for the bad days: each beside the calm time of its own run. */
export function badDaysTable(results) {
  const head = [
    'bad day',
    'calls asked for',
    'requests',
    'without 200, calm → during',
    'without any answer',
    'p50 ms, calm → during',
    'p99 ms, calm → during',
    'p99 × calm',
    'longest ms, calm → during',
    'hits, calm → during',
  ];
  const row = ({ day, kind, calm, during }) => [
    day,
    kind,
    String(during.requests),
    change(calm.lost, during.lost, 0),
    String(during.broken),
    change(calm.p50, during.p50, 2),
    change(calm.p99, during.p99, 1),
    (during.p99 / calm.p99).toFixed(1),
    change(calm.longest, during.longest, 0),
    kind === 'stored' ? change(calm.hitRatio, during.hitRatio, 3) : '',
  ];
  return table(head, results.map(row));
}

/** Markdown for hits while a large document is read. */
export function parsingTable(rounds) {
  const head = [
    'hits, 64 connections',
    'requests/s',
    '× calm',
    'answers that are hits',
    'p99 ms',
    '× calm',
    'longest ms',
    'documents/s',
  ];
  const row = (name, field, documents) => {
    const samples = rounds.map((round) => round[field]);
    const beside = (key) => median(rounds.map((round) => round[field][key] / round.calm[key])).toFixed(2);
    return [
      name,
      middle(samples, 'perSecond', 0),
      beside('perSecond'),
      middle(samples, 'hitRatio', 4),
      (median(samples.map(({ p99Micros }) => p99Micros)) / 1000).toFixed(1),
      beside('p99Micros'),
      (Math.max(...samples.map(({ longestMicros }) => longestMicros)) / 1000).toFixed(0),
      documents,
    ];
  };
  return table(head, [
    row('calm', 'calm', '0'),
    row('while 1,000-call lists are read', 'during', middle(rounds, 'documents', 1)),
  ]);
}

function change(from, to, digits) {
  return `${from.toFixed(digits)} → ${to.toFixed(digits)}`;
}
