import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

/** One answer, or the lack of one: `status` 0, and `text` says why. */
export interface LoadAnswer {
  readonly id: string;
  readonly status: number;
  /** `Cache-Status`; '' where it is missing. */
  readonly cacheStatus: string;
  /** From the request to the end of the body. */
  readonly ms: number;
  /** When it was asked, by `performance.now()`. */
  readonly at: number;
  readonly text: string;
}

interface LoadOptions {
  /** Of the gateway, without a path. */
  readonly url: string;
  readonly ids: readonly string[];
  /** How many ask at the same time, each on a kept connection, the next call as soon as it has its answer. */
  readonly clients: number;
  /** Of each request, asked for anew. */
  readonly headers?: (asked: number) => Readonly<Record<string, string>>;
  /** Before the id; by default that of a lookup. */
  readonly path?: string;
}

export interface Load {
  /** In the order in which they came, as long as the load runs. */
  readonly answers: readonly LoadAnswer[];
  /** No further request; resolves with all answers when those under way are there. */
  stop(): Promise<readonly LoadAnswer[]>;
}

/** Begins to ask for `/calls/<id>` with all ids in turn, until it is stopped. */
export function startLoad({ url, ids, clients, headers, path = '/calls/' }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const answers: LoadAnswer[] = [];
  let asked = 0;
  let stopped = false;
  const run = async () => {
    while (!stopped) {
      const number = asked++;
      const id = ids[number % ids.length] ?? '';
      const options = { agent, ...(headers && { headers: { ...headers(number) } }) };
      const answer = await ask(`${url}${path}${id}`, options, id);
      answers.push(answer);
      // Nobody is there, and may never be: a client would not try again ten thousand times a second.
      if (answer.status === 0) await pause(10);
    }
  };
  const running = Promise.all(Array.from({ length: clients }, run));
  return {
    answers,
    async stop() {
      stopped = true;
      await running;
      agent.destroy();
      return answers;
    },
  };
}

async function ask(url: string, options: RequestOptions, id: string): Promise<LoadAnswer> {
  const at = performance.now();
  const end = (status: number, cacheStatus: string, text: string) => ({
    id,
    status,
    cacheStatus,
    ms: performance.now() - at,
    at,
    text,
  });
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, options, resolve).on('error', reject).end();
    });
    const text = await textOf(response);
    return end(response.statusCode ?? 0, String(response.headers['cache-status'] ?? ''), text);
  } catch (error) {
    return end(0, '', String(error));
  }
}
