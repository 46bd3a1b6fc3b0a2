import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ApiRequest } from './api-request.js';

/** A request to the API; those to the control path are not recorded. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query as they arrived. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** The first 64 KiB as text, once the whole body has arrived; absent for a request without one. */
  readonly body?: string;
  readonly bodyBytes?: number;
  /** Milliseconds, by the simulator's clock. */
  readonly at: number;
  /** Whether the caller closed the connection before the answer was complete. */
  readonly aborted: boolean;
}

export type OpenRecord = { -readonly [key in keyof RecordedRequest]: RecordedRequest[key] };

const MOST_REQUESTS = 10_000;
const IDS_A_GENERATION = 100_000;

/** The last 10,000 requests, and how often each id of at least the last 100,000 was asked for. */
export class RequestLog {
  private readonly records: OpenRecord[] = [];
  // Two generations: taking single old ids out of a large Map gets slower and slower.
  private counts = new Map<string, number>();
  private olderCounts = new Map<string, number>();

  get requests(): readonly RecordedRequest[] {
    return this.records.slice(-MOST_REQUESTS);
  }

  countOf(id: string): number {
    return this.counts.get(id) ?? this.olderCounts.get(id) ?? 0;
  }

  add(req: IncomingMessage, { method, callId, afterId }: ApiRequest, at: number): OpenRecord {
    const record = { method, url: req.url ?? '', headers: req.headers, at, aborted: false };
    this.records.push(record);
    // Old ones go many at a time, because moving the rest up costs the same for one as for many.
    if (this.records.length >= 2 * MOST_REQUESTS) this.records.splice(0, MOST_REQUESTS);
    if (method === 'GET' && callId !== undefined && afterId === '') this.count(callId);
    return record;
  }

  private count(id: string): void {
    this.counts.set(id, this.countOf(id) + 1);
    if (this.counts.size < IDS_A_GENERATION) return;
    this.olderCounts = this.counts;
    this.counts = new Map();
  }
}
