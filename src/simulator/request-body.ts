import type { IncomingMessage } from 'node:http';

/** A request's body; what is beyond the limit is read and dropped. */
export interface RequestBody {
  readonly kept: Buffer;
  readonly totalBytes: number;
}

/** Reads to the end. Rejects when the caller leaves before it. */
export async function readBody(req: IncomingMessage, keepBytes: number): Promise<RequestBody> {
  const pieces: Buffer[] = [];
  let totalBytes = 0;
  let left = keepBytes;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    totalBytes += chunk.length;
    if (left > 0) pieces.push(chunk.subarray(0, left));
    left -= chunk.length;
  }
  return { kept: Buffer.concat(pieces), totalBytes };
}
