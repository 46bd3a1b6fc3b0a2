import { setTimeout as pause } from 'node:timers/promises';
import type { EventLog } from '../../calls/event-log.js';
import { addressName, readClusterSlots } from './cluster-slots.js';
import type { ClusterSlots, RedisAddress } from './cluster-slots.js';
import { ClusterStrangers } from './cluster-strangers.js';
import { SLOTS, slotOf } from './key-slot.js';
import type { RedisState } from './redis-guard.js';
import type { RedisNode } from './redis-node.js';
import type { RedisTarget } from './redis-url.js';
import { shuffle } from './shuffle.js';
import { within } from './within.js';

interface ClusterOptions<Node> {
  readonly target: RedisTarget;
  readonly log: EventLog;
  /** Opens the node of a master, whose guard is to call `onMoved`. */
  readonly open: (address: RedisAddress, onMoved: () => void) => Node;
  /** Called for each node when keys may have come to it or left it. */
  readonly onSlotsChanged: (node: Node) => void;
}

/** How long until it is asked again who serves what: while all is well, while something is not, and at the very least. */
const CALM_MS = 5_000;
const ALERT_MS = 250;
const BREATH_MS = 50;

/**
 * The masters of a Redis Cluster, each with a connection and a guard of its own, and which of them serves a key. Who
 * serves what is asked again every few seconds, when a master says that a slot is another's, and often while a master
 * is down, because a replica may be about to take its place.
 */
export class RedisCluster<Node extends RedisNode> {
  readonly #options: ClusterOptions<Node>;
  readonly #strangers: ClusterStrangers;
  readonly #nodes = new Map<string, { readonly address: RedisAddress; readonly node: Node }>();
  #owners: readonly (Node | undefined)[] = [];
  #ranges = '';
  /** Of all nodes that were last heard of. */
  #addresses: readonly RedisAddress[] = [];
  #refreshing: Promise<void> | undefined;
  #refreshedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ClusterOptions<Node>) {
    this.#options = options;
    this.#strangers = new ClusterStrangers(options.target, options.log);
    void this.refresh();
  }

  /** The master that serves the key, as far as is known. */
  nodeOf(key: string): Node | undefined {
    return this.#owners[slotOf(key)];
  }

  /** The masters, as far as is known. */
  get nodes(): readonly Node[] {
    return this.#all();
  }

  /** `up` while all masters are. */
  state(): RedisState {
    const nodes = this.#all();
    return nodes.length > 0 && nodes.every(({ guard }) => guard.state() === 'up') ? 'up' : 'down';
  }

  /** Resolves when all masters are up, or after so many milliseconds. */
  async whenUp(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    await within(withinMs, this.refresh()).catch(() => undefined);
    const leftMs = Math.max(0, deadline - performance.now());
    await Promise.all(this.#all().map(({ guard }) => guard.whenUp(leftMs)));
  }

  /** Asks who serves what, unless that is being asked. Never rejects. */
  refresh(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return (this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    }));
  }

  /** Resolves when nothing is being asked. */
  settled(): Promise<void> {
    return this.#refreshing ?? Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#strangers.close();
    await Promise.all(this.#all().map((node) => node.close()));
  }

  async #refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const earlyMs = this.#refreshedAt + BREATH_MS - performance.now();
    if (earlyMs > 0) await pause(earlyMs);
    const slots =
      (await this.#askMasters()) ??
      (await this.#strangers.ask([...this.#options.target.nodes, ...this.#addresses]));
    this.#refreshedAt = performance.now();
    if (this.#closed) return;
    if (slots !== undefined) this.#apply(slots);
    const again = () => void this.refresh();
    this.#timer = setTimeout(again, this.state() === 'up' ? CALM_MS : ALERT_MS);
  }

  /** One after another, in an order of its own each time: one of them may be behind the others. */
  async #askMasters(): Promise<ClusterSlots | undefined> {
    for (const { address, node } of shuffle([...this.#nodes.values()])) {
      const { client } = node.connection;
      const reply = await node.guard.run('slots', () => client.call('CLUSTER', 'SLOTS'));
      const slots = readClusterSlots(reply, address);
      if (slots !== undefined) return slots;
    }
    return undefined;
  }

  #apply({ ranges, addresses }: ClusterSlots): void {
    this.#addresses = addresses;
    const seen = JSON.stringify(ranges);
    if (seen === this.#ranges) return;
    this.#ranges = seen;
    const masters = new Set(ranges.map(({ master }) => addressName(master)));
    for (const [name, { node }] of this.#nodes) {
      if (masters.has(name)) continue;
      this.#nodes.delete(name);
      void node.close();
    }
    const owners = new Array<Node | undefined>(SLOTS);
    for (const { first, last, master } of ranges) owners.fill(this.#openOrGet(master), first, last + 1);
    this.#owners = owners;
    this.#all().forEach(this.#options.onSlotsChanged);
  }

  #openOrGet(address: RedisAddress): Node {
    const name = addressName(address);
    const known = this.#nodes.get(name);
    if (known !== undefined) return known.node;
    const refresh = () => void this.refresh();
    const node = this.#options.open(address, refresh);
    node.guard.onChange((state) => {
      if (state === 'down') refresh();
    });
    this.#nodes.set(name, { address, node });
    return node;
  }

  #all(): Node[] {
    return [...this.#nodes.values()].map(({ node }) => node);
  }
}
