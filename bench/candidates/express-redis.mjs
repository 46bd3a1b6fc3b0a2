import express from 'express';
import { Redis } from 'ioredis';
import { readFileSync } from 'node:fs';

/** The usual build with a cache, all of it warm: Express, one ioredis GET and `res.send`. No log. */
const redis = new Redis(process.env.REDIS_URL);
const { body } = JSON.parse(readFileSync(process.env.ANSWER_FILE, 'utf8'));
const firstId = Number(process.env.FIRST_ID);
const ids = Array.from({ length: Number(process.env.IDS) }, (_, index) => firstId + index);
await redis.mset(ids.flatMap((id) => [`/calls/${id}`, Buffer.from(body, 'latin1')]));

const app = express();

app.get('/calls/:id', async (request, response) => {
  const cached = await redis.get(request.path);
  if (cached === null) return response.sendStatus(404);
  return response.type('json').send(cached);
});

app.listen(process.env.PORT, '127.0.0.1');
