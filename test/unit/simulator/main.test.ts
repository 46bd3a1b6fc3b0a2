import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';

function run(...args: string[]) {
  const child = spawn(process.execPath, ['dist/simulator/main.js', ...args]);
  return { child, exit: once(child, 'exit'), errors: text(child.stderr) };
}

describe('npm run simulator', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'prints what to try, serves, and ends with 0 on %s',
    async (signal) => {
      const { child, exit } = run('--port', '0', '--login', 'me', '--password', 'secret');
      const [greeting] = (await once(child.stdout, 'data')) as [Buffer];
      const baseUrl = /http:\/\/127\.0\.0\.1:\d+\/api\/1\.1\/rest/.exec(greeting.toString())?.[0] ?? '';
      expect(greeting.toString()).toContain(`curl -u me:secret ${baseUrl}/call/224205636001`);
      const headers = { authorization: `Basic ${Buffer.from('me:secret').toString('base64')}` };
      expect((await fetch(`${baseUrl}/call/224205636001`, { headers })).status).toBe(200);
      child.kill(signal);
      expect(await exit).toEqual([0, null]);
    },
  );

  it('says in one line that the port is taken, and ends with 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { exit, errors } = run('--port', String(port));
    expect(await exit).toEqual([1, null]);
    expect(await errors).toMatch(/^cannot listen: .*EADDRINUSE.*\n$/);
    other.close();
  });

  it.each([['--port', 'x'], ['--port', '65536'], ['--what'], ['--seed', '1.5']])(
    'refuses %s %s in one line',
    async (...args) => {
      const { exit, errors } = run(...args);
      expect(await exit).toEqual([2, null]);
      expect(await errors).toMatch(/^.*usage: npm run simulator.*\n$/);
    },
  );
});
