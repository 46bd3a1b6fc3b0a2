import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { parseRequest, type ApiRequest } from './api-request.js';
import { answerTo } from './api.js';
import { exceptionAnswer, type Answer } from './answer.js';
import type { CallBook } from './call-book.js';
import { CONTROL_PATH, control, type Controls } from './control.js';
import { unauthorizedAnswer, type CredentialBook } from './credentials.js';
import type { FaultBook } from './fault-book.js';
import type { Fault } from './fault.js';
import { readBody } from './request-body.js';
import type { OpenRecord, RequestLog } from './request-log.js';
import { send, type Exchange } from './send.js';

/** What answering needs. */
export interface Parts {
  readonly book: CallBook;
  readonly credentials: CredentialBook;
  readonly faults: FaultBook;
  readonly log: RequestLog;
  readonly controls: Controls;
  readonly now: () => number;
}

const MOST_BODY_BYTES = 65_536;

/** Takes every request: the control path's, and the API's with their faults. */
export function createListener(parts: Parts): RequestListener {
  const { faults, log, now } = parts;
  const released = (signal: AbortSignal) => faults.cleared(signal);
  return (req, res) => {
    const { method = 'GET', url = '/' } = req;
    if (url.startsWith(`${CONTROL_PATH}/`)) {
      control(req, res, parts.controls).catch(unlessGone(res));
      return;
    }
    const request = parseRequest(method, url);
    const record = log.add(req, request, now());
    const fault = faults.take(request.callId);
    if (fault === undefined && (method === 'GET' || method === 'HEAD')) {
      const answer = ordinaryAnswer(parts, req, request, '');
      if (Buffer.isBuffer(answer.body)) sendWhole(res, answer.status, answer.headers, answer.body);
      else sendSlowly(res, record, () => Promise.resolve(answer), {}, released);
      return;
    }
    const answer = async (): Promise<Answer> =>
      ordinaryAnswer(parts, req, request, await recordedBody(req, record));
    sendSlowly(res, record, answer, fault ?? {}, released);
  };
}

function ordinaryAnswer(parts: Parts, req: IncomingMessage, request: ApiRequest, body: string): Answer {
  if (request.path === undefined) return exceptionAnswer(404, 'the API is below /api/1.1/rest');
  if (!parts.credentials.mayEnter(req.headers.authorization)) return unauthorizedAnswer();
  return answerTo(request, body, parts.book);
}

/** The plain case, without a listener or a promise: this is what benchmarks meet. */
function sendWhole(res: ServerResponse, status: number, headers: Answer['headers'], body: Buffer): void {
  res.writeHead(status, { ...headers, 'Content-Length': body.length });
  res.end(body);
}

function sendSlowly(
  res: ServerResponse,
  record: OpenRecord,
  answer: () => Promise<Answer>,
  fault: Fault,
  released: Exchange['released'],
): void {
  const closing = new AbortController();
  let broken = false;
  res.once('close', () => {
    record.aborted = !res.writableFinished && !broken;
    closing.abort();
  });
  const willBreak = (): void => {
    broken = true;
  };
  send({ res, closed: closing.signal, released, willBreak }, answer, fault).catch(unlessGone(res));
}

async function recordedBody(req: IncomingMessage, record: OpenRecord): Promise<string> {
  const { kept, totalBytes } = await readBody(req, MOST_BODY_BYTES);
  if (totalBytes === 0) return '';
  record.bodyBytes = totalBytes;
  return (record.body = kept.toString());
}

/** A caller that leaves ends the answer in an error, which is as it should be; any other is a bug and ends the process. */
function unlessGone(res: ServerResponse): (error: unknown) => void {
  return (error) => {
    if (!res.destroyed) throw error;
  };
}
