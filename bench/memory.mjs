import { readFileSync } from 'node:fs';
import { freshIds, load } from './measure.mjs';
import { startGateway, startUpstream } from './servers.mjs';

const STEPS = 10;

/** Resident memory of the gateway, in MB, whenever another tenth of `memoryIds` distinct calls is through. Linux only. */
export async function measureMemory({ processes, plan, entry }) {
  const upstream = await startUpstream(processes);
  const gateway = await startGateway(processes, 'gateway, many ids', { entry, upstream });
  const steps = [{ ids: 0, megabytes: residentMegabytes(gateway.pid) }];
  for (let ids = 0; ids < plan.memoryIds;) {
    ids += (await load(processes, gateway, { ids: freshIds(), connections: 64, seconds: 1 })).requests;
    if (ids >= (steps.length * plan.memoryIds) / STEPS)
      steps.push({ ids, megabytes: residentMegabytes(gateway.pid) });
  }
  return steps;
}

function residentMegabytes(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(kilobytes) / 1024;
}
