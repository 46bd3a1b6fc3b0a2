import type { ApiRequest } from './api-request.js';
import { emptyAnswer, exceptionAnswer, jsonAnswer, xmlAnswer, type Answer } from './answer.js';
import type { CallBook } from './call-book.js';
import { callJson, callListJson } from './call-json.js';
import { pageOf, type CallPage } from './call-list.js';
import { callListDocument } from './call-xml.js';
import { recordingAudio } from './recording.js';
import { referenceDocument } from './xml.js';

/** Answers as CallFire would; the credentials have been checked. `body` is the text of a form. */
export function answerTo(request: ApiRequest, body: string, book: CallBook): Answer {
  const { method, path = '' } = request;
  if (method === 'GET' || method === 'HEAD') return read(request, path, book);
  if (method === 'POST' && path === '/call') return sendCall(new URLSearchParams(body), book);
  if ((method === 'PUT' || method === 'DELETE') && /^\/[a-z]+\/[0-9]+(\/|$)/.test(path)) return emptyAnswer();
  return notFound(path);
}

function read(request: ApiRequest, path: string, book: CallBook): Answer {
  if (request.callId !== undefined) return readCall(request, request.callId, book);
  if (path === '/call') {
    return listCalls(request, book, ({ calls, totalResults }) =>
      xmlAnswer(callListDocument(calls, totalResults)),
    );
  }
  if (path === '/call.json') {
    return listCalls(request, book, ({ calls, totalResults }) =>
      jsonAnswer(callListJson(calls, totalResults)),
    );
  }
  return notFound(path);
}

function readCall({ afterId, query }: ApiRequest, id: string, book: CallBook): Answer {
  if (afterId === '') {
    const xml = book.xmlOf(id);
    return xml === undefined ? noSuchCall(id) : xmlAnswer(xml);
  }
  if (!book.has(id)) return noSuchCall(id);
  if (afterId === '.json') {
    const fields = book.fieldsOf(id);
    if (fields === undefined) return exceptionAnswer(501, 'this call was put as raw XML and has no JSON');
    return jsonAnswer(callJson(id, fields));
  }
  const recording = /^\/([\w-]+)\.(mp3|wav)$/.exec(afterId);
  return recording === null ? notFound(`/call/${id}${afterId}`) : readRecording(recording, query);
}

function readRecording([, name = '', extension]: RegExpExecArray, query: string): Answer {
  const bytes = new URLSearchParams(query).get('bytes') ?? undefined;
  if (bytes !== undefined && !/^[0-9]{1,15}$/.test(bytes))
    return exceptionAnswer(400, 'bytes must be a whole number');
  const format = extension === 'wav' ? 'wav' : 'mp3';
  const body = recordingAudio(name, format, bytes === undefined ? undefined : Number(bytes));
  return { status: 200, headers: { 'Content-Type': format === 'mp3' ? 'audio/mpeg' : 'audio/wav' }, body };
}

function listCalls({ query }: ApiRequest, book: CallBook, shape: (page: CallPage) => Answer): Answer {
  try {
    return shape(pageOf(book.list(), new URLSearchParams(query)));
  } catch (error) {
    if (error instanceof RangeError) return exceptionAnswer(400, error.message);
    throw error;
  }
}

/** An impossible To is accepted, and the call becomes INVALID later; an impossible From is refused at once. */
function sendCall(form: URLSearchParams, book: CallBook): Answer {
  const from = form.get('From') ?? '';
  if (!/^(\+?[0-9]{10,15}|[0-9]{5,6})$/.test(from))
    return exceptionAnswer(400, `${from} is not a valid from number`);
  const toNumbers = form
    .getAll('To')
    .flatMap((numbers) => numbers.split(/\s+/).filter((number) => number !== ''));
  if (toNumbers.length === 0) return exceptionAnswer(400, 'To is missing');
  const id = book.send(toNumbers, from);
  return xmlAnswer(referenceDocument(id, `https://www.callfire.com/api/1.1/rest/broadcast/${id}`), 201);
}

function noSuchCall(id: string): Answer {
  return exceptionAnswer(404, `no call with id ${id}`);
}

function notFound(path: string): Answer {
  return exceptionAnswer(404, `nothing found at ${path}`);
}
