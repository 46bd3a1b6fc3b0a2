import { hash } from 'node:crypto';
import type { LookupWish } from '../../src/calls/lookup-result.js';
import type { GatewayError } from '../../src/errors.js';
import { nameOf, START, versionWith, type Account } from './versions.js';
import type { VirtualTime } from './virtual-time.js';

/** When something happened; `order` tells which of two things at the same millisecond came first. */
export interface Moment {
  readonly at: number;
  readonly order: number;
}

/** Something that lasts; without `end` it lasts still. */
export interface Span {
  readonly begin: Moment;
  end?: Moment;
}

/** What a lookup is about. */
export interface Subject {
  readonly account: Account;
  readonly id: string;
}

export interface Lookup extends Span, Subject {
  readonly reader: string;
  /** The process: its name, and after its death another one. */
  readonly gateway: string;
  readonly wish: LookupWish;
  answer?: Answer;
  /** Its process died before it could answer. */
  died?: true;
  /** Whether the store answered its gateway as it should, all the while. */
  storeReachable?: boolean;
}

export type Answer = { readonly via: string } & (
  { readonly body: string } | { readonly error: GatewayError } | { readonly bug: unknown }
);

/** One `fetchCall`, its retries and pauses included. */
export interface Fetch extends Span, Subject {
  readonly gateway: string;
}

/** One request at CallFire. */
export interface Attempt extends Span, Subject {
  readonly gateway: string;
  reply: string;
}

/** A lease at the store, until the last who waits for it has been told. */
export interface Lease extends Span {
  readonly gateway: string;
  readonly key: string;
  /** When it expires if it is not given back, or if those who wait do not hear of it. */
  readonly until: number;
}

/** What the store holds under a key from then on; `cause` is the gateway that put it, or what happened to the store. */
export interface Change {
  readonly when: Moment;
  readonly key: string;
  readonly body: string | undefined;
  readonly usableUntil: number;
  readonly cause: { readonly put: string } | { readonly mishap: string };
}

/** Everything that a storm made happen: what the invariants are checked over, and what a reader of a failure gets to see. */
export class History {
  readonly lookups: Lookup[] = [];
  readonly fetches: Fetch[] = [];
  readonly attempts: Attempt[] = [];
  readonly leases: Lease[] = [];
  readonly changes: Change[] = [];
  /** What the storm did to the store, to CallFire and to the gateways. */
  readonly mishaps: { readonly when: Moment; readonly what: string }[] = [];
  /** Everything that left a gateway beside answers: log lines, what it published to others. */
  readonly outgoing: string[] = [];
  /** Whether the store was in use again, and by how many lookups, when all was well at the end. */
  readonly recoveries: { readonly gateway: string; readonly up: boolean; readonly second: Lookup }[] = [];
  #order = 0;

  /** `storeWell`: nothing is done to the store in this storm, and no gateway dies. */
  constructor(
    private readonly time: VirtualTime,
    readonly storeWell: boolean,
  ) {}

  now(): Moment {
    return { at: this.time.now, order: this.#order++ };
  }

  /** A line for each event, of one call if it is given, in the order of time. */
  tell(subject?: Subject): string {
    const about = ({ account, id }: Subject) =>
      subject === undefined || (subject.account === account && subject.id === id);
    const inStore = (key: string) => subject === undefined || key.endsWith(`:${subject.id}`);
    const events: (readonly [Moment | undefined, string])[] = [
      ...this.mishaps.map(({ when, what }) => [when, what] as const),
      ...this.changes
        .filter(({ key }) => inStore(key))
        .map(({ when, key, body, cause }) => {
          const by = 'put' in cause ? `put by ${cause.put}` : cause.mishap;
          return [
            when,
            `store       ${key} = ${body === undefined ? 'nothing' : shown(body)} (${by})`,
          ] as const;
        }),
      ...this.leases
        .filter(({ key }) => inStore(key))
        .flatMap(({ begin, end, gateway, key }) => [
          [begin, `lease       ${gateway} has ${key}`] as const,
          [end, `lease       ${gateway}'s ${key} is over`] as const,
        ]),
      ...this.fetches
        .filter(about)
        .flatMap(({ begin, end, gateway, account, id }) => [
          [begin, `fetch       ${gateway} begins ${account}/${id}`] as const,
          [end, `fetch       ${gateway} ends ${account}/${id}`] as const,
        ]),
      ...this.attempts
        .filter(about)
        .map(
          ({ begin, gateway, id, reply }) =>
            [begin, `CallFire    ${gateway} asks for ${id}: ${reply}`] as const,
        ),
      ...this.lookups
        .filter(about)
        .flatMap((lookup) => [
          [lookup.begin, `lookup      ${asked(lookup)}`] as const,
          [lookup.end, `lookup      ${answered(lookup)}`] as const,
        ]),
    ];
    return events
      .flatMap(([when, what]) => (when === undefined ? [] : [{ when, what }]))
      .sort((a, b) => a.when.order - b.when.order)
      .map(({ when, what }) => `${((when.at - START) / 1000).toFixed(4).padStart(9)} s  ${what}`)
      .join('\n');
  }

  /** Two histories with the same digest are the same. */
  digest(): string {
    return hash('sha256', [this.tell(), ...this.outgoing].join('\n'));
  }
}

export function shown(body: string): string {
  const version = versionWith(body);
  return version === undefined ? `UNKNOWN ${body.slice(0, 60)}` : nameOf(version);
}

export function describeLookup(lookup: Lookup): string {
  return `${asked(lookup)}, ${answered(lookup)}`;
}

function asked({ reader, gateway, id, wish }: Lookup): string {
  const how = wish.noCache ? 'no-cache' : wish.onlyIfCached ? 'only-if-cached' : 'plain';
  return `${reader} asks ${gateway} for ${id} (${how})`;
}

function answered({ reader, gateway, answer, died }: Lookup): string {
  if (died === true) return `${reader} hears nothing: ${gateway} died`;
  if (answer === undefined) return `${reader} waits for ${gateway}`;
  const what =
    'body' in answer
      ? shown(answer.body)
      : 'error' in answer
        ? answer.error.code
        : `BUG ${String(answer.bug)}`;
  return `${reader} has from ${gateway}: ${what} (${answer.via})`;
}
