import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, startClient } from './client.mjs';
import { DAYS } from './days.mjs';
import { freshIds } from './measure.mjs';
import { startStack } from './stack.mjs';

const STORED = { first: 5_000_000_000, count: 500 };
/** How long after its end a day's effects still count as the day's. */
const RECOVERY_MS = 2_000;

/**
 * Two kinds of callers through each bad day, and through a calm time of the same run before it: such as ask for calls that
 * are stored, and such as ask for calls that nobody has asked for yet. Each stands still for a moment between its requests,
 * so that times show what an answer takes and not how long the queue is.
 */
export async function measureBadDays({ inProcesses, machine, plan, entry, dist }) {
  if (!machine.redis) return [];
  const results = [];
  for (const day of DAYS) {
    console.error(`  ${day.name} …`);
    const answers = await inProcesses((processes) => liveThrough(day, { processes, entry, dist, plan }));
    if (answers !== undefined) results.push(...answers);
  }
  return results;
}

async function liveThrough(day, { plan, ...tools }) {
  const stack = await startStack(tools, day);
  const client = await startClient(tools.processes);
  const { ports } = stack;
  for (let twice = 0; twice < 2; twice += 1) {
    await client.start([{ ports, ...STORED, connections: 8, wanted: STORED.count }]);
    await client.ended();
  }
  await client.start([
    { ports, ...STORED, connections: 8, pauseMs: 4 },
    { ports, ...freshIds(), connections: 4, pauseMs: 10 },
  ]);
  // The first moments are those of connections and code that are not warm yet.
  await sleep(1_000);
  const calmFrom = Date.now();
  await sleep(plan.daySeconds * 1_000);

  const badFrom = Date.now();
  const possible = (await day.begin(stack)) !== false;
  await sleep((day.seconds?.(plan) ?? plan.daySeconds) * 1_000);
  await day.end?.(stack);
  const badTo = Date.now() + RECOVERY_MS;
  await sleep(RECOVERY_MS);
  const [stored, unasked] = await client.stop();
  if (!possible) return undefined;
  const summary = (kind, answers) => ({
    day: day.name,
    kind,
    calm: summarize(answers.filter(({ at }) => at >= calmFrom && at < badFrom)),
    during: summarize(answers.filter(({ at }) => at >= badFrom && at < badTo)),
  });
  return [summary('stored', stored), summary('new', unasked)];
}

/** `lost`: what was not answered with 200; `broken`: not at all. Times in ms. */
function summarize(answers) {
  const times = answers.map(({ ms }) => ms);
  return {
    requests: answers.length,
    lost: answers.filter(({ status }) => status !== 200).length,
    broken: answers.filter(({ status }) => status === 0).length,
    hitRatio: answers.filter(({ hit }) => hit).length / answers.length,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    longest: percentile(times, 1),
  };
}
