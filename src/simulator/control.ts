import type { IncomingMessage, ServerResponse } from 'node:http';
import { assertCallFields } from './call-fields-check.js';
import type { CallDocument } from './call-fields.js';
import { assertLogins, type Login } from './credentials.js';
import { assertFault, type Fault } from './fault.js';
import { readBody } from './request-body.js';
import type { RecordedRequest } from './request-log.js';

export const CONTROL_PATH = '/_control';

/** What can be done over HTTP. */
export interface Controls {
  /** The last 10,000, newest last. */
  readonly requests: readonly RecordedRequest[];
  /** Replaces what is answered for the id. Throws a TypeError for an impossible id or field. */
  putCall(id: string, document: CallDocument): void;
  /** The id is answered 404 until it is put again. */
  removeCall(id: string): void;
  /** From now on just these are accepted, and without any nobody is. Throws a TypeError for an impossible one. */
  setCredentials(logins: readonly Login[]): void;
  /** `target` is a call's id, or `*` for all requests; the id's own fault comes first. Throws a TypeError for an impossible one. */
  setFault(target: string, fault: Fault): void;
  /** Answers that are held go on. */
  clearFaults(): void;
}

const MOST_BYTES = 64 * 1024 * 1024;

const USAGE = `PUT    ${CONTROL_PATH}/faults/{id|*}   a fault as JSON
DELETE ${CONTROL_PATH}/faults          no more faults; held answers go on
PUT    ${CONTROL_PATH}/calls/{id}      XML, or a call's fields as JSON
DELETE ${CONTROL_PATH}/calls/{id}      404 from now on
PUT    ${CONTROL_PATH}/credentials     who may enter: [{"login":"a","password":"b"}]
GET    ${CONTROL_PATH}/requests        what has arrived, oldest first, as JSON
`;

/** Serves the control path, to callers on this machine only. Input that is wrong gets 400 and one line of text. */
export async function control(req: IncomingMessage, res: ServerResponse, controls: Controls): Promise<void> {
  if (!isLoopback(req.socket.remoteAddress)) {
    answer(res, 403, 'the control path is open to this machine only\n');
    return;
  }
  const { kept, totalBytes } = await readBody(req, MOST_BYTES);
  try {
    if (totalBytes > MOST_BYTES) throw new TypeError(`the body is longer than ${MOST_BYTES} bytes`);
    perform(req, res, kept, controls);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError || error instanceof URIError))
      throw error;
    answer(res, 400, `${error.message.replace(/\s+/g, ' ')}\n`);
  }
}

function perform(req: IncomingMessage, res: ServerResponse, body: Buffer, controls: Controls): void {
  const path = decodeURIComponent(req.url ?? '').slice(CONTROL_PATH.length);
  const action = `${req.method ?? ''} ${path.replace(/^(\/\w+\/).+$/, '$1')}`;
  const target = /^\/\w+\/(.+)$/.exec(path)?.[1] ?? '';
  if (action === 'GET /requests') {
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(controls.requests));
    return;
  }
  if (action === 'PUT /faults/') controls.setFault(target, faultFrom(body));
  else if (action === 'DELETE /faults') controls.clearFaults();
  else if (action === 'PUT /credentials') controls.setCredentials(loginsFrom(body));
  else if (action === 'PUT /calls/') controls.putCall(target, documentFrom(body));
  else if (action === 'DELETE /calls/') controls.removeCall(target);
  else {
    answer(res, 404, USAGE);
    return;
  }
  res.writeHead(204).end();
}

function faultFrom(body: Buffer): Fault {
  const fault: unknown = JSON.parse(body.toString());
  assertFault(fault);
  return fault;
}

function loginsFrom(body: Buffer): readonly Login[] {
  const logins: unknown = JSON.parse(body.toString());
  assertLogins(logins);
  return logins;
}

function documentFrom(body: Buffer): CallDocument {
  const text = body.toString();
  if (!text.trimStart().startsWith('{')) return body;
  const fields: unknown = JSON.parse(text);
  assertCallFields(fields);
  return fields;
}

function answer(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}

function isLoopback(address = ''): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(address);
}
