import { fileURLToPath } from 'node:url';
import { SERVER_CORE } from './processes.mjs';

const SCRIPT = fileURLToPath(new URL('candidates/convert.mjs', import.meta.url));

/** Conversion without sockets, in a process of its own: µs a document, by document, way and round. */
export async function measureConversion({ processes, plan, dist }) {
  const command = [process.execPath, SCRIPT, dist, String(plan.rounds), String(plan.seconds / 3)];
  return JSON.parse(await processes.run(SERVER_CORE, command));
}
