import { assertCallFields } from './call-fields-check.js';
import type { CallDocument, CallFields } from './call-fields.js';
import { callDocument } from './call-xml.js';
import { POPULATION_IDS, finishedCall, isMadeUp } from './finished-calls.js';
import { builtInMovingCalls, callAt, seededCourse, type MovingCall } from './moving-calls.js';
import { PUBLISHED_CALL, PUBLISHED_CALL_ID } from './published-call.js';

/** Calls made by `POST /call` that are remembered; the oldest go first. */
const SENT_KEPT = 1_000;
const FIRST_BROADCAST_ID = 1900000001;

/** A call whose document is ready to be sent. `fields` is absent where raw XML was put. */
interface PreparedCall {
  readonly xml: Buffer;
  readonly fields?: CallFields;
}

/** Every call that the simulator knows, by id: put by hand, published, moving, sent, finished long ago. */
export class CallBook {
  private readonly prepared = new Map<string, PreparedCall>();
  private readonly removed = new Set<string>();
  private readonly moving = new Map<string, MovingCall>();
  private broadcasts = 0;
  private sent = 0;

  constructor(
    private readonly seed: number,
    private readonly now: () => number,
  ) {
    this.put(PUBLISHED_CALL_ID, PUBLISHED_CALL);
  }

  /** Lets the built-in moving calls begin. */
  begin(): void {
    for (const call of builtInMovingCalls(this.seed, this.now())) this.moving.set(call.id, call);
  }

  /** @throws TypeError when the id or a field is not what it must be. */
  put(id: string, document: CallDocument): void {
    if (!/^[1-9][0-9]{0,18}$/.test(id))
      throw new TypeError(`'${id}' is no call id: decimal, no leading zero`);
    if (typeof document !== 'string' && !Buffer.isBuffer(document)) assertCallFields(document);
    this.prepared.set(id, prepare(id, document));
    this.removed.delete(id);
  }

  remove(id: string): void {
    this.prepared.delete(id);
    this.removed.add(id);
  }

  /** One moving call for each number, all of one broadcast; answers the broadcast's id. */
  send(toNumbers: readonly string[], fromNumber: string): string {
    const broadcastId = String(FIRST_BROADCAST_ID + this.broadcasts);
    this.broadcasts += 1;
    for (const toNumber of toNumbers) {
      const id = String(3_000_001 + this.sent);
      const common = { id, fromNumber, toNumber, broadcastId, createdMs: this.now() };
      this.moving.set(id, { ...common, ...seededCourse(this.seed, id) });
      this.moving.delete(String(3_000_001 + this.sent - SENT_KEPT));
      this.sent += 1;
    }
    return broadcastId;
  }

  xmlOf(id: string): Buffer | undefined {
    const prepared = this.prepared.get(id);
    if (prepared !== undefined) return prepared.xml;
    const fields = this.fieldsOf(id);
    if (fields === undefined) return undefined;
    const call = prepare(id, fields);
    if (isPopulation(id)) this.prepared.set(id, call);
    return call.xml;
  }

  /** Undefined for an unknown call, and for one put as raw XML. */
  fieldsOf(id: string): CallFields | undefined {
    const prepared = this.prepared.get(id);
    if (prepared !== undefined) return prepared.fields;
    if (this.removed.has(id)) return undefined;
    const moving = this.moving.get(id);
    if (moving !== undefined) return callAt(moving, this.now());
    return isPopulation(id) || isMadeUp(id) ? finishedCall(this.seed, id) : undefined;
  }

  has(id: string): boolean {
    return this.prepared.has(id) || this.fieldsOf(id) !== undefined;
  }

  /** Newest first. Calls put as raw XML are not listed, nor are those made up when asked for. */
  list(): (readonly [id: string, fields: CallFields])[] {
    const ids = new Set([...this.prepared.keys(), ...this.moving.keys(), ...POPULATION_IDS]);
    return [...ids]
      .flatMap((id) => {
        const fields = this.fieldsOf(id);
        return fields === undefined ? [] : [{ listed: [id, fields] as const, createdMs: createdMs(fields) }];
      })
      .sort((one, other) => other.createdMs - one.createdMs)
      .map(({ listed }) => listed);
  }
}

function prepare(id: string, document: CallDocument): PreparedCall {
  if (Buffer.isBuffer(document)) return { xml: document };
  if (typeof document === 'string') return { xml: Buffer.from(document) };
  return { xml: Buffer.from(callDocument(id, document)), fields: document };
}

function isPopulation(id: string): boolean {
  return id.length === 4 && id.startsWith('2') && id !== '2000';
}

function createdMs(call: CallFields): number {
  return Date.parse(call.created ?? '') || 0;
}
