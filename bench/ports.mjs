import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 10_000;

/** Waits until something accepts connections on the port; false if the process ends first or takes too long. */
export async function accepts(port, child) {
  const deadline = performance.now() + READY_MS;
  const running = () => child.exitCode === null && child.signalCode === null;
  while (running() && performance.now() < deadline) {
    const socket = connect(port, '127.0.0.1');
    const accepted = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (accepted) return true;
    await sleep(50);
  }
  return false;
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
