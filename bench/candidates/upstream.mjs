import { createServer } from 'node:http';
import { callDocument } from '../documents.mjs';

/**
 * Stands in for CallFire: every call exists, is finished and looks like the published sample. It does next to nothing,
 * because it shares its core with the load generator. DELAY_MS: how long each answer takes.
 */
const delayMs = Number(process.env.DELAY_MS ?? 0);
const [head, tail] = callDocument('{id}').split('{id}');

createServer((request, response) => {
  const id = request.url.slice(request.url.lastIndexOf('/') + 1);
  const body = head + id + tail;
  response.writeHead(200, [
    'Content-Type',
    'application/xml;charset=UTF-8',
    'Content-Length',
    String(body.length),
  ]);
  if (delayMs === 0) response.end(body, 'latin1');
  else setTimeout(() => response.end(body, 'latin1'), delayMs);
}).listen(process.env.PORT, '127.0.0.1');
