import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CallAnswer } from '../../../src/calls/call-answer.js';
import { Deadline } from '../../../src/callfire/connection/deadline.js';
import { DocumentReader } from '../../../src/callfire/document-reader.js';
import { MOST_THREADS } from '../../../src/callfire/document-threads.js';
import { readDocument, type CallDocument } from '../../../src/callfire/document/read-document.js';
import { GatewayError } from '../../../src/errors.js';
import { arbitraryCall, arbitrarySpelling, contentTypeOf, writeCallXml } from '../../support/call-xml.js';
import { DOCUMENT_WORKER, STUBBORN_WORKER } from '../../support/document-worker.js';
import { emptyElements, longCall } from '../../support/large-documents.js';
import { ID, rejection } from './small-upstreams.js';

const MAX_BYTES = 8 * 1024 * 1024;

const readers: DocumentReader[] = [];
const deadlines: Deadline[] = [];
afterEach(async () => {
  for (const deadline of deadlines.splice(0)) {
    deadline.end(new GatewayError('internal-error', 'the test is over'));
    deadline.clear();
  }
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
});

function createReader(documentWorker = DOCUMENT_WORKER, maxBytes = MAX_BYTES): DocumentReader {
  const reader = new DocumentReader({ maxBytes, documentWorker });
  readers.push(reader);
  return reader;
}

function deadlineIn(ms: number): Deadline {
  const deadline = new Deadline(ms);
  deadlines.push(deadline);
  return deadline;
}

function callDocument(id: string, document = longCall(id, 1000)): CallDocument {
  return { document, contentType: undefined, id };
}

function read(reader: DocumentReader, document: CallDocument, timeoutMs = 60_000): Promise<CallAnswer> {
  return reader.read(document, deadlineIn(timeoutMs));
}

/** Reads it in both ways; gives the answer or all that there is to an error. */
async function bothOutcomes(reader: DocumentReader, { document, ...rest }: CallDocument) {
  // The thread takes the memory for its own.
  const copy = Buffer.from(document);
  const inThread = await read(reader, { document, ...rest }).catch(partsOf);
  try {
    return { atOnce: readDocument({ document: copy, ...rest }), inThread };
  } catch (error) {
    return { atOnce: partsOf(error), inThread };
  }
}

function partsOf(error: unknown): object {
  if (!(error instanceof GatewayError)) throw error;
  return { code: error.code, message: error.message, cause: causeOf(error) };
}

function causeOf({ cause }: GatewayError): object | undefined {
  if (!types.isNativeError(cause)) return undefined;
  return { name: cause.name, message: cause.message, code: 'code' in cause && cause.code };
}

function fixtures(folder: string): string[] {
  return readdirSync(new URL(`../../fixtures/${folder}/`, import.meta.url)).filter((name) =>
    name.endsWith('.xml'),
  );
}

describe('DocumentReader.read comes to the same as reading at once', () => {
  it('for every call, however it is written', async () => {
    const reader = createReader();
    const property = fc.asyncProperty(arbitraryCall(), arbitrarySpelling(), async (call, spelling) => {
      const document = writeCallXml(call, spelling);
      const contentType = contentTypeOf(spelling);
      const { atOnce, inThread } = await bothOutcomes(reader, { document, contentType, id: call.id });
      expect(inThread).toEqual(atOnce);
      expect(inThread).toMatchObject({ id: call.id });
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it.each(['valid', 'invalid'])('for every %s document', async (folder) => {
    const reader = createReader();
    for (const name of fixtures(folder)) {
      const document = readFileSync(new URL(`../../fixtures/${folder}/${name}`, import.meta.url));
      const { atOnce, inThread } = await bothOutcomes(reader, { document, contentType: undefined, id: ID });
      expect({ name, ...inThread }).toEqual({ name, ...atOnce });
    }
  });

  it.each(['text/xml; charset=euc-jp'])('for bytes as %s', async (contentType) => {
    const document = Buffer.concat([longCall(ID, 1000), Buffer.from([0xff, 0xff])]);
    const { atOnce, inThread } = await bothOutcomes(createReader(), { document, contentType, id: ID });
    expect(inThread).toEqual(atOnce);
    expect(inThread).toMatchObject({
      code: 'upstream-invalid-response',
      cause: { name: 'TypeError' },
    });
  });
});

describe('DocumentReader.read refuses', () => {
  it('what takes too much memory, and reads the next', async () => {
    const reader = createReader(DOCUMENT_WORKER, 1);
    const error = await rejection(read(reader, callDocument(ID, longCall(ID, 4_000_000))));
    expect(error.code).toBe('upstream-invalid-response');
    expect(error.message).toContain('takes too much memory to read');
    expect(await read(reader, callDocument(ID))).toMatchObject({ id: ID });
  });

  it('what would be many times as long as JSON', async () => {
    const document = emptyElements(ID, 3_500_000, '<CallRecord    />');
    const error = await rejection(read(createReader(), callDocument(ID, document)));
    expect(error.code).toBe('upstream-invalid-response');
    expect(error.message).toContain('too long as JSON');
  }, 60_000);
});

describe('DocumentReader.read ends with its deadline', () => {
  it('while it reads, and goes on with others', async () => {
    const reader = createReader(STUBBORN_WORKER);
    for (let ended = 0; ended <= MOST_THREADS; ended++) {
      expect((await rejection(read(reader, callDocument('1'), 50))).code).toBe('upstream-timeout');
    }
    expect(await read(reader, callDocument(ID))).toMatchObject({ id: ID });
  });

  it('while it waits for a thread', async () => {
    const reader = createReader(STUBBORN_WORKER);
    const endless = Array.from({ length: MOST_THREADS }, () => read(reader, callDocument('1'), 60_000));
    expect((await rejection(read(reader, callDocument(ID), 20))).code).toBe('upstream-timeout');
    const next = read(reader, callDocument(ID));
    const reason = new GatewayError('upstream-unavailable', 'enough');
    for (const deadline of deadlines.slice(0, MOST_THREADS)) deadline.end(reason);
    for (const ended of endless) expect(await rejection(ended)).toBe(reason);
    expect(await next).toMatchObject({ id: ID });
  });
});

describe('DocumentReader', () => {
  it('lets a bug be known as one, and goes on', async () => {
    const reader = createReader(STUBBORN_WORKER);
    await expect(read(reader, callDocument('2'))).rejects.toThrow('a bug');
    expect(await read(reader, callDocument(ID))).toMatchObject({ id: ID });
  });

  it('is not made where there is nothing for its threads to run', () => {
    const missing = new URL('missing.js', import.meta.url);
    expect(() => createReader(missing)).toThrow('missing.js is missing');
  });

  it('fails at once where its threads cannot start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'document-reader-'));
    const broken = join(folder, 'broken.mjs');
    writeFileSync(broken, 'throw new Error("cannot be loaded");');
    try {
      const reader = createReader(pathToFileURL(broken));
      for (let tried = 0; tried < 3; tried++) {
        await expect(read(reader, callDocument(ID), 60_000)).rejects.toThrow('cannot be loaded');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('takes more documents than it has threads', async () => {
    const reader = createReader();
    const ids = Array.from({ length: 10 }, (_, index) => String(index + 1));
    const answers = await Promise.all(ids.map((id) => read(reader, callDocument(id))));
    expect(answers.map((answer) => answer.id)).toEqual(ids);
  });

  it('ends what it reads as it is closed', async () => {
    const reader = createReader(STUBBORN_WORKER);
    // So that there is a thread that takes the next document at once.
    await read(reader, callDocument(ID));
    const endless = expect(read(reader, callDocument('1'), 60_000)).rejects.toThrow();
    await new Promise(setImmediate);
    await reader.close();
    await endless;
  });

  it('does not keep the process alive', async () => {
    const script = `
      import { DocumentReader } from '${new URL('../document-reader.js', DOCUMENT_WORKER).href}';
      import { Deadline } from '${new URL('../connection/deadline.js', DOCUMENT_WORKER).href}';
      const deadline = new Deadline(5000);
      const document = Buffer.from(${JSON.stringify(longCall(ID, 1000).toString())});
      const reading = new DocumentReader({ maxBytes: 100000 }).read({ document, id: '${ID}' }, deadline);
      reading.then((answer) => console.log(answer.id)).finally(() => deadline.clear());
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { timeout: 8000 });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    expect({ code: child.exitCode, output }).toEqual({ code: 0, output: `${ID}\n` });
  });
});
