import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Distributor } from '../../../src/workers/distributor.js';

describe('Distributor', () => {
  const server = createServer({ pauseOnConnect: true });

  beforeEach(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });

  afterEach(async () => {
    await once(server.close(), 'close');
  });

  /** A connection as it is accepted. */
  async function accepted(): Promise<Socket> {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    const [socket] = (await once(server, 'connection')) as [Socket];
    return socket;
  }

  it('keeps a connection that no worker can take, until it gives up', async () => {
    const distributor = new Distributor(() => []);
    const socket = await accepted();

    distributor.accept(socket);
    expect(distributor.done).toBe(false);
    expect(socket.destroyed).toBe(false);

    distributor.giveUp();
    expect(distributor.done).toBe(true);
    expect(socket.destroyed).toBe(true);
  });

  it('has no connection wait that comes after it gave up', async () => {
    const distributor = new Distributor(() => []);
    distributor.giveUp();
    const socket = await accepted();

    distributor.accept(socket);

    expect(distributor.done).toBe(true);
    expect(socket.destroyed).toBe(true);
  });
});
