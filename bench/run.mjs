import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aims } from './aims.mjs';
import { measureBadDays } from './bad-days.mjs';
import { measureConversion } from './conversion.mjs';
import { measureHits } from './hits.mjs';
import { measureLeases } from './leases.mjs';
import { describeMachine, inspectMachine } from './machine.mjs';
import { measureMemory } from './memory.mjs';
import { measureMisses } from './misses.mjs';
import { measureRedisMemory } from './redis-memory.mjs';
import { readOptions } from './options.mjs';
import { measureParsing } from './parsing.mjs';
import { Processes } from './processes.mjs';
import { conversionTable, hitsTable, memoryTable, missesTable } from './report.mjs';
import { badDaysTable, parsingTable } from './report-days.mjs';
import { leasesTable, workersTable } from './report-many.mjs';
import { redisMemoryTable } from './report-redis.mjs';
import { measureWorkers } from './workers.mjs';

const PARTS = {
  hits: [measureHits, hitsTable],
  misses: [measureMisses, missesTable],
  conversion: [measureConversion, conversionTable],
  memory: [measureMemory, memoryTable],
  'redis-memory': [measureRedisMemory, redisMemoryTable],
  parsing: [measureParsing, parsingTable],
  workers: [measureWorkers, workersTable],
  leases: [measureLeases, leasesTable],
  'bad-days': [measureBadDays, badDaysTable],
};

try {
  await main(readOptions(Object.keys(PARTS)));
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}

/** Prints each table when it is measured, so that a part that fails does not take the others with it. */
async function main({ parts, plan, dist }) {
  const entry = join(dist, 'main.js');
  if (!existsSync(entry)) throw new Error(`${entry} is missing: build the gateway with "npm run build"`);
  const machine = inspectMachine();
  print(`${describeMachine(machine)} Medians of ${plan.rounds} interleaved rounds.`);
  const results = {};
  for (const part of parts) {
    console.error(`measuring ${part} …`);
    const [measure, toTable] = PARTS[part];
    const inProcesses = (use) => withProcesses(machine, use);
    const context = { machine, plan, entry, dist, inProcesses };
    results[part] = await inProcesses((processes) => measure({ ...context, processes }));
    print(toTable(results[part]));
  }
  print(aims(results));
}

/** Every part starts its own processes, and none of them outlives it. */
async function withProcesses(machine, use) {
  const processes = new Processes(machine);
  const interrupt = () => void processes.stop().finally(() => process.exit(130));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await use(processes);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await processes.stop();
  }
}

function print(paragraph) {
  if (paragraph !== '') console.log(`${paragraph}\n`);
}
