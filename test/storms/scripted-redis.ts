import type { PutResult } from '../../src/calls/call-cache.js';
import { isOlder, type CallEntry } from '../../src/calls/call-entry.js';
import type { FetchOutcome } from '../../src/calls/call-leases.js';
import type { History, Lease } from './history.js';
import type { VirtualTime } from './virtual-time.js';

/** A connection that is told of changes: of one key, or of all. */
export interface Tracker {
  announce(key: string | undefined): void;
}

/** How one who waits for a lease is told what came of it. */
type Tell = (outcome: FetchOutcome | undefined, lease: Lease) => void;

interface HeldAtServer {
  readonly token: object;
  readonly lease: Lease;
  readonly waiting: Tell[];
}

/** What a claim comes to at the server. */
export type Claimed =
  | { readonly held: true; readonly kept: CallEntry | undefined }
  | { readonly held: false; readonly leftMs: number };

/** The store that all gateways share: each method is one command or script, and happens in one step. */
export class ScriptedRedis {
  #entries = new Map<string, CallEntry>();
  #snapshot = new Map<string, CallEntry>();
  readonly #leases = new Map<string, HeldAtServer>();
  readonly #trackers = new Set<Tracker>();
  readonly #readers = new Map<string, Set<Tracker>>();
  /** Refuses to store anything for want of memory. */
  full = false;

  constructor(
    private readonly time: VirtualTime,
    private readonly history: History,
  ) {}

  track(tracker: Tracker): void {
    this.#trackers.add(tracker);
  }

  lose(tracker: Tracker): void {
    this.#trackers.delete(tracker);
    for (const readers of this.#readers.values()) readers.delete(tracker);
  }

  get(key: string, tracker?: Tracker): CallEntry | undefined {
    if (tracker !== undefined && this.#trackers.has(tracker)) {
      const readers = this.#readers.get(key) ?? new Set();
      this.#readers.set(key, readers.add(tracker));
    }
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.usableUntil > this.time.now ? copyOf(entry) : undefined;
  }

  put(key: string, entry: CallEntry, gateway: string): PutResult {
    if (this.full) throw Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' });
    const held = this.get(key);
    if (held !== undefined && this.keeps(held, entry)) return 'newer-kept';
    this.#entries.set(key, copyOf(entry));
    this.#changed(key, { put: gateway });
    return 'stored';
  }

  /** The comparison that the real store makes in Lua. */
  protected keeps(held: CallEntry, offered: CallEntry): boolean {
    return isOlder(offered.version, held.version);
  }

  claim(key: string, token: object, leaseMs: number, gateway: string, tell: Tell): Claimed {
    const other = this.#leases.get(key);
    const leftMs = other === undefined ? 0 : other.lease.until - this.time.now;
    if (other !== undefined && leftMs > 0 && other.lease.gateway !== gateway) {
      other.waiting.push(tell);
      return { held: false, leftMs };
    }
    const until = this.time.now + leaseMs;
    const lease: Lease = { gateway, key, until, begin: this.history.now() };
    this.history.leases.push(lease);
    this.time.at(until, () => (lease.end ??= this.history.now()));
    this.#leases.set(key, { token, lease, waiting: other?.waiting ?? [] });
    return { held: true, kept: this.get(key) };
  }

  endLease(key: string, token: object, outcome: FetchOutcome | undefined): void {
    const held = this.#leases.get(key);
    if (held?.token !== token || held.lease.until <= this.time.now) return;
    this.#leases.delete(key);
    held.lease.end ??= this.history.now();
    for (const tell of held.waiting) tell(outcome, held.lease);
  }

  evict(key: string): void {
    if (this.#entries.delete(key)) this.#changed(key, { mishap: 'evicted' });
  }

  flush(): void {
    for (const key of [...this.#entries.keys()]) this.#remove(key, 'flushed');
    for (const tracker of this.#trackers) tracker.announce(undefined);
    this.#readers.clear();
  }

  /** Remembers what there is, as a replica or a dump that is not written to any more does. */
  snapshot(): void {
    this.#snapshot = new Map(this.#entries);
  }

  /** Goes back to the snapshot. To be called while nobody is connected. */
  restore(): void {
    for (const key of [...this.#entries.keys()]) this.#remove(key, 'lost');
    for (const [key, entry] of this.#snapshot) {
      this.#entries.set(key, entry);
      this.#note(key, { mishap: 'restored' });
    }
    this.#leases.clear();
  }

  /** For planted bugs only: the gateways have no command that removes an entry. */
  remove(key: string, gateway: string): void {
    if (this.#entries.delete(key)) this.#changed(key, { put: gateway });
  }

  #remove(key: string, mishap: string): void {
    this.#entries.delete(key);
    this.#note(key, { mishap });
  }

  /** Each reader of a key is told once, and must read it again to be told again. */
  #changed(key: string, cause: { put: string } | { mishap: string }): void {
    this.#note(key, cause);
    const readers = this.#readers.get(key) ?? [];
    this.#readers.delete(key);
    for (const tracker of readers) tracker.announce(key);
  }

  #note(key: string, cause: { put: string } | { mishap: string }): void {
    const entry = this.#entries.get(key);
    this.history.changes.push({
      when: this.history.now(),
      key,
      body: entry?.body,
      usableUntil: entry?.usableUntil ?? 0,
      cause,
    });
  }
}

/** What comes out of Redis is made of bytes: never the object that went in. */
export function copyOf(entry: CallEntry): CallEntry {
  return { ...entry, version: { ...entry.version } };
}
