import type { Readable, Writable } from 'node:stream';
import { BACKLOG_LENGTH } from '../logger.js';

const NEWLINE = 0x0a;

/**
 * Passes whole lines on, a chunk of them at a time, so that those of several processes do not tear each other. Reads on
 * when nobody reads `to`: then lines are dropped, as the log itself does. A line that is never ended is dropped too.
 */
export function relayLines(from: Readable, to: Writable): void {
  /** The beginning of a line, as it came. */
  let begun: Buffer[] = [];
  from.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const whole = [...begun, chunk.subarray(0, end)];
      if (to.writableLength < BACKLOG_LENGTH) for (const part of whole) to.write(part);
      begun = [];
    }
    if (end < chunk.length) begun.push(chunk.subarray(end));
  });
}
