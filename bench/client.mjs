import { Agent, request } from 'undici';
import { LOAD_CORE } from './processes.mjs';
import { startCandidate } from './servers.mjs';

/** Starts the load generator of `candidates/client.mjs`, which describes its readers. */
export async function startClient(processes) {
  const { port } = await startCandidate(processes, 'client', 'client.mjs', {}, LOAD_CORE);
  // Some loads take longer than undici would wait for an answer.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const send = async (path, value) => {
    const body = JSON.stringify(value);
    const answer = await request(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, dispatcher });
    return answer.body.json();
  };
  return {
    start: (readers) => send('/start', readers),
    /** What each reader saw until now. */
    stop: async () => (await send('/stop')).map(answersOf),
    /** What each reader saw until it had asked for all it wanted. */
    ended: async () => (await send('/await')).map(answersOf),
  };
}

/** Asks a server for each of the calls once. Throws if one is not answered with 200. */
export async function askAll(client, { name, port }, { first, count }) {
  await client.start([{ ports: [port], first, count, connections: 48, wanted: count }]);
  const [answers] = await client.ended();
  const failed = answers.filter(({ status }) => status !== 200).length;
  if (failed > 0) throw new Error(`${name}: ${failed} of ${count} calls could not be looked up`);
}

/** `at`: the time of day when it was asked, in ms; `ms`: how long it took; `status` 0: no answer. */
function answersOf({ at, ms, hit, status }) {
  return at.map((time, index) => ({
    at: time,
    ms: ms[index],
    hit: hit[index] === 1,
    status: status[index],
  }));
}

/** The value that so large a share of the values does not exceed; NaN for none. */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
