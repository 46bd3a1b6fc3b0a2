import type { CallFields } from './call-fields.js';

type ListedCall = readonly [id: string, fields: CallFields];

const MOST_RESULTS = 1_000;
const NUMBER = /^([a-zA-Z_]+|\+?[0-9]+)$/;

/** One page of the calls that match a query of `GET /call`, and how many match in all. */
export interface CallPage {
  readonly calls: readonly ListedCall[];
  readonly totalResults: number;
}

/** @throws RangeError with the message for the caller when a parameter is impossible. */
export function pageOf(calls: readonly ListedCall[], query: URLSearchParams): CallPage {
  const most = wholeNumber(query, 'MaxResults', MOST_RESULTS);
  const first = wholeNumber(query, 'FirstResult', 0);
  if (most > MOST_RESULTS) throw new RangeError(`MaxResults must not be more than ${MOST_RESULTS}`);
  const filters = filtersOf(query);
  const matching = calls.filter(([, call]) => filters.every((accepts) => accepts(call)));
  return { calls: matching.slice(first, first + most), totalResults: matching.length };
}

type Filter = (call: CallFields) => boolean;

function filtersOf(query: URLSearchParams): Filter[] {
  const filters: Filter[] = [];
  const add = (name: string, filter: (value: string) => Filter): void => {
    const value = query.get(name);
    if (value !== null) filters.push(filter(value));
  };
  add('State', (value) => among(value, (call) => call.state));
  add('Result', (value) => among(value, (call) => call.finalResult));
  add('BroadcastId', (value) => among(value, (call) => call.broadcastId));
  add('BatchId', (value) => among(value, (call) => call.batchId));
  add('Inbound', (value) => (call) => (call.inbound ?? false) === (value === 'true'));
  add('FromNumber', (value) => among(phoneNumber('FromNumber', value), (call) => call.fromNumber));
  add('ToNumber', (value) => among(phoneNumber('ToNumber', value), (call) => call.toNumber));
  add('LabelName', (value) => (call) => call.labels?.includes(value) ?? false);
  add('IntervalBegin', (value) => (call) => modifiedMs(call) >= Date.parse(value));
  add('IntervalEnd', (value) => (call) => modifiedMs(call) <= Date.parse(value));
  return filters;
}

function among(words: string, valueOf: (call: CallFields) => string | undefined): Filter {
  const wanted = new Set<string | undefined>(words.split(/\s+/));
  return (call) => wanted.has(valueOf(call));
}

function modifiedMs(call: CallFields): number {
  return Date.parse(call.modified ?? call.created ?? '');
}

function phoneNumber(name: string, value: string): string {
  if (!NUMBER.test(value)) throw new RangeError(`${value} is not a valid ${name}`);
  return value;
}

function wholeNumber(query: URLSearchParams, name: string, fallback: number): number {
  const value = query.get(name);
  if (value === null) return fallback;
  if (!/^[0-9]{1,9}$/.test(value)) throw new RangeError(`${name} must be a whole number`);
  return Number(value);
}
