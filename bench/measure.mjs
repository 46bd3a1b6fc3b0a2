import { readFileSync, truncateSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LOAD_CORE } from './processes.mjs';

const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url));
/** From here on nobody has asked for an id; more than a run can use up. */
const FIRST_FRESH_ID = 5_100_000_000;
const IDS_A_RUN = 1_000_000;

let nextId = FIRST_FRESH_ID;

/** Ids that no run has had before. */
export function freshIds() {
  nextId += IDS_A_RUN;
  return { first: nextId - IDS_A_RUN, count: IDS_A_RUN };
}

/**
 * Asks a server, with the headers that it wants, for calls for `seconds`, in turn for `ids.count` of them from `ids.first` on; `checked` has the hits counted.
 * Throws when a single answer was an error: such a run measures something else.
 */
export async function load(processes, server, options) {
  const { ids, connections, seconds, checked = false, core = LOAD_CORE } = options;
  // A log of all rounds would take gigabytes; servers append to it, so they go on at its new end.
  truncateSync(server.logFile);
  const cpuBefore = cpuMicros(server.pid);
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', SCRIPT];
  const words = [String(ids.first), String(ids.count), ...(checked ? ['checked'] : [])];
  const headers = Object.entries(server.headers ?? {}).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const command = ['wrk', ...flags, ...headers, `http://127.0.0.1:${server.port}`, '--', ...words];
  const output = await processes.run(core, command);
  const { requests, seconds: taken, errors, hits, ...times } = JSON.parse(output.trim().split('\n').at(-1));
  if (errors > 0 || requests === 0) {
    throw new Error(`${server.name}: ${errors} errors beside ${requests} answers`);
  }
  const cpu = cpuMicros(server.pid) - cpuBefore;
  return {
    requests,
    perSecond: requests / taken,
    hitRatio: hits / requests,
    ...times,
    cpuMicros: cpu / requests,
  };
}

/**
 * Measures all candidates in turn, round after round, after a round that does not count. What else happens on the
 * machine so meets all of them, and a ratio is taken within its round. Gives the samples of each candidate, in order.
 */
export async function interleave(candidates, rounds, measureOnce) {
  const samples = candidates.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, candidate] of candidates.entries()) {
      const sample = await measureOnce(candidate);
      if (round > 0) samples[index].push(sample);
    }
  }
  return samples;
}

/** The middle value; the mean of the two middle ones where their number is even. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

/** What one candidate's samples are beside another's, round by round. */
export function ratios(samples, others, field) {
  return samples.map((sample, round) => sample[field] / others[round][field]);
}

/** CPU time that a process and its children have used, in microseconds; NaN where there is no /proc. */
function cpuMicros(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
    // A tick is 10 ms on every Linux that Node runs on.
    return children.reduce((sum, child) => sum + cpuMicros(child), ticks * 10_000);
  } catch {
    return NaN;
  }
}
