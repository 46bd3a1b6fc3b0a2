import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Passes bytes to port TARGET and back; SIGUSR2 makes what comes back late by DELAY_MS, and again on time. */
const delayMs = Number(process.env.DELAY_MS);
let slow = false;
process.on('SIGUSR2', () => (slow = !slow));

createServer((near) => {
  const far = connect(Number(process.env.TARGET), '127.0.0.1');
  near.setNoDelay();
  far.setNoDelay();
  near.on('data', (chunk) => far.write(chunk));
  // One after another: what is late must not be overtaken when the link is fast again.
  let passed = Promise.resolve();
  far.on('data', (chunk) => {
    const dueAt = performance.now() + (slow ? delayMs : 0);
    passed = passed
      .then(() => (dueAt > performance.now() ? sleep(dueAt - performance.now()) : undefined))
      .then(() => near.write(chunk));
  });
  for (const [one, other] of [
    [near, far],
    [far, near],
  ]) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}).listen(process.env.PORT, '127.0.0.1');
