import { PassThrough, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { relayLines } from '../../../src/workers/relay-lines.js';

const MIB = 1024 * 1024;

/** Writes a chunk and lets it be relayed before the next. */
async function send(from: PassThrough, chunk: string): Promise<void> {
  await new Promise<void>((resolve) => from.write(chunk, () => setImmediate(resolve)));
}

describe('relayLines', () => {
  it('passes lines of several sources on whole, however they come in pieces', async () => {
    const [one, two, to] = [new PassThrough(), new PassThrough(), new PassThrough()];
    relayLines(one, to);
    relayLines(two, to);
    await send(one, '1a\n1');
    await send(two, '2a');
    await send(one, 'b');
    await send(two, '\n2b\n2c');
    await send(one, '\n');
    await send(two, '\nnever ended');
    to.end();
    expect(await text(to)).toBe('1a\n2a\n2b\n1b\n2c\n');
  });

  it('reads on where nobody reads what it writes, keeps 8 MiB and drops whole lines', async () => {
    const [from, to] = [new PassThrough(), new PassThrough()];
    relayLines(from, to);
    const line = `${'x'.repeat(MIB - 1)}\n`;
    for (let sent = 0; sent < 20; sent += 1) await send(from, line);
    to.end();
    const kept = await buffer(to);
    expect(kept.length).toBeLessThanOrEqual(9 * MIB);
    expect(kept.length % line.length).toBe(0);
    expect(from.readableLength + from.writableLength).toBe(0);
  });

  it('goes on with the next line when there is a reader again', async () => {
    let done: (() => void) | undefined;
    const written: string[] = [];
    const from = new PassThrough();
    const to = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        written.push(chunk.toString().slice(0, 5));
        done = callback;
      },
    });
    relayLines(from, to);
    for (let sent = 0; sent < 10; sent += 1) await send(from, `${'x'.repeat(MIB - 1)}\n`);
    while (to.writableLength > 0) done?.();
    await send(from, 'later\n');
    expect(written.at(-1)).toBe('later');
  });
});
