import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { Program } from '../support/process.js';
import { until } from '../support/until.js';

/** The curl commands that a program has printed, in their order, each as the request that it stands for. */
function printedCommands(text: string): (() => Promise<Reply>)[] {
  return [...text.matchAll(/^ {2}curl (.+?)(?: {3,}.*| *#.*)?$/gm)].map(([, command = '']) => {
    const words = [...command.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
    return () => curl(words);
  });
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** As much of curl as the commands use. */
async function curl(words: readonly string[]): Promise<Reply> {
  const headers: Record<string, string> = {};
  const init: RequestInit = { headers };
  let url = '';
  for (let at = 0; at < words.length; at += 1) {
    const value = words[at + 1] ?? '';
    switch (words[at]) {
      case '-i':
        continue;
      case '-X':
        init.method = value;
        break;
      case '-d':
        init.body = value;
        break;
      case '-u':
        headers['Authorization'] = `Basic ${Buffer.from(value).toString('base64')}`;
        break;
      case '-H':
        headers[value.split(': ')[0] ?? ''] = value.split(': ')[1] ?? '';
        break;
      case '-o':
        break;
      default:
        url = words[at] ?? '';
        continue;
    }
    at += 1;
  }
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const field = ({ text }: Reply, name: string) => (JSON.parse(text) as Record<string, unknown>)[name];

describe('npm run demo', () => {
  it('prints commands that show what it says of them', async () => {
    const demo = new Program('demo.js', { cwd: tmpdir() });
    await demo.output(/Ctrl-C ends it/);
    const commands = printedCommands(demo.stdout);
    const [first, again, moving, missing, xml, fault, forced, stale] = commands;
    const run = async (command: (() => Promise<Reply>) | undefined) => {
      if (command === undefined) throw new Error(`Not all commands are there: ${demo.stdout}`);
      return command();
    };
    expect(commands).toHaveLength(8);

    const ready = await run(moving);
    expect(field(ready, 'state')).toBe('READY');
    expect(ready.headers.get('Cache-Control')).toBe('private, no-cache');

    const stored = await run(first);
    expect(stored.headers.get('Cache-Status')).toBe('callfire-gateway; fwd=uri-miss; fwd-status=200; stored');
    expect(field(stored, 'state')).toBe('FINISHED');
    const hit = await run(again);
    expect(hit.headers.get('Cache-Status')).toMatch(/^callfire-gateway; hit; ttl=\d+$/);
    expect(hit.headers.get('Age')).toMatch(/^\d+$/);
    expect(hit.text).toBe(stored.text);

    const problem = await run(missing);
    expect(problem.status).toBe(404);
    expect(problem.headers.get('Content-Type')).toMatch(/^application\/problem\+json/);
    expect(field(problem, 'code')).toBe('call-not-found');

    const document = await run(xml);
    expect(document.headers.get('Content-Type')).toMatch(/^application\/xml/);
    expect(document.text).toContain('<Call id="224205636001">');

    expect((await run(fault)).status).toBe(204);
    expect(field(await run(forced), 'code')).toBe('upstream-error');
    const kept = await run(stale);
    expect(kept.status).toBe(200);
    expect(kept.text).toBe(stored.text);

    await until(async () => field(await run(moving), 'state') !== 'READY');
    demo.signal('SIGINT');
    expect(await demo.exit).toEqual({ code: 0, signal: null });
    expect(demo.stderr).toBe('');
    expect(demo.logLines.filter(({ msg }) => msg === 'request').length).toBeGreaterThanOrEqual(8);
  });

  it('works where port 8080 is taken, and ends on SIGTERM, too', async () => {
    // Whether it is this server or another that has the port does not matter.
    const other = createServer().on('error', () => undefined);
    await new Promise((resolve) =>
      other.once('error', resolve).listen(8080, '127.0.0.1', () => {
        resolve(true);
      }),
    );
    const demo = new Program('demo.js');
    const port = await demo.output(/The gateway listens on http:\/\/127\.0\.0\.1:(\d+)/);

    expect(port).not.toBe('8080');
    expect((await fetch(`http://127.0.0.1:${port}/calls/224205636001`)).status).toBe(200);
    demo.signal('SIGTERM');
    expect(await demo.exit).toEqual({ code: 0, signal: null });
    expect(demo.stderr).toBe('');
    other.close();
  });
});

describe('npm run simulator', () => {
  it('prints commands that work', async () => {
    const simulator = new Program('simulator/main.js', { cwd: tmpdir(), args: ['--port', '0'] });
    await simulator.output(/_control\/requests\n/);
    const replies: Reply[] = [];
    for (const run of printedCommands(simulator.stdout)) replies.push(await run());

    expect(replies.map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200, 204, 204, 204, 204, 204, 200,
    ]);
    simulator.signal('SIGINT');
    expect(await simulator.exit).toEqual({ code: 0, signal: null });
  });
});
