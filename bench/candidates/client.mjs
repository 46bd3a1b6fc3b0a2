import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

/**
 * A load generator that remembers every answer. `POST /start` takes readers, `POST /stop` gives what they saw.
 *
 * A reader `{ ports, first, count, connections, pauseMs, together }` asks for the calls `first` to `first + count - 1` in
 * turn, over so many connections, each of which waits for its answer and then for `pauseMs`. A request goes to the
 * next of the ports or, `together`, to all of them at once. `wanted`: how many ids it asks for before it ends by itself.
 * Nothing is asked twice: what fails is written down as it is.
 */
let running = false;
let readers = [];
let pools = [];

createServer((request, response) => {
  const answer = request.url === '/start' ? start(request) : stop(request.url === '/await');
  answer.then((body) => response.end(JSON.stringify(body)));
}).listen(process.env.PORT, '127.0.0.1');

async function start(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  running = true;
  readers = JSON.parse(text).map((reader) => {
    const seen = { at: [], ms: [], hit: [], status: [] };
    return { seen, ended: Promise.all(connectionsOf(reader, seen)) };
  });
  return {};
}

async function stop(byThemselves) {
  running = byThemselves;
  await Promise.all(readers.map(({ ended }) => ended));
  await Promise.all(pools.splice(0).map((pool) => pool.destroy()));
  return readers.map(({ seen }) => seen);
}

function connectionsOf({ ports, first, count, connections, pauseMs = 0, together, wanted = Infinity }, seen) {
  const origins = ports.map((port) => {
    const options = { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 };
    return new Pool(`http://127.0.0.1:${port}`, options);
  });
  pools.push(...origins);
  let asked = 0;
  return Array.from({ length: connections }, async () => {
    while (running && asked < wanted) {
      const path = `/calls/${first + (asked % count)}`;
      const to = together ? origins : [origins[asked % origins.length]];
      asked += 1;
      await Promise.all(to.map((pool) => ask(pool, path, seen)));
      if (pauseMs > 0) await sleep(pauseMs);
    }
  });
}

/** Status 0: no answer, or one that broke off. */
async function ask(pool, path, seen) {
  const at = Date.now();
  const begun = performance.now();
  let answer = { status: 0, hit: 0 };
  try {
    const { statusCode, headers, body } = await pool.request({ method: 'GET', path });
    await body.arrayBuffer();
    answer = { status: statusCode, hit: headers['cache-status']?.includes('; hit') ? 1 : 0 };
  } catch {
    // Written down as status 0.
  }
  seen.at.push(at);
  seen.ms.push(Math.round((performance.now() - begun) * 1000) / 1000);
  seen.hit.push(answer.hit);
  seen.status.push(answer.status);
  // Where connections are refused this would ask thousands of times a second.
  if (answer.status === 0) await sleep(10);
}
