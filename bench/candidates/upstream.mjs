import { createServer } from 'node:http';
import { callDocument, listDocument } from '../documents.mjs';

/**
 * Stands in for CallFire: every call exists, is finished and looks like the published sample. It does next to nothing,
 * because it shares its core with the load generator. DELAY_MS: how long each answer takes.
 * The id 6000000000 gets a list of 1,000 calls instead; ids from 7000000000 on are in progress. `/asked`: how many ids were.
 */
const delayMs = Number(process.env.DELAY_MS ?? 0);
const [head, tail] = callDocument('{id}').split('{id}');
const unfinished = tail.replace('FINISHED', 'SELECTED');
const list = listDocument(1000);
let asked = 0;

createServer((request, response) => {
  if (request.url === '/asked') return void response.end(String(asked));
  asked += 1;
  const id = request.url.slice(request.url.lastIndexOf('/') + 1);
  const body = id === '6000000000' ? list : head + id + (id < '7000000000' ? tail : unfinished);
  response.writeHead(200, [
    'Content-Type',
    'application/xml;charset=UTF-8',
    'Content-Length',
    String(body.length),
  ]);
  if (delayMs === 0) response.end(body, 'latin1');
  else setTimeout(() => response.end(body, 'latin1'), delayMs);
}).listen(process.env.PORT, '127.0.0.1');
