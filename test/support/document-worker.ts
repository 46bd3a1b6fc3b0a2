/** What the threads run that read large documents: they take JavaScript only, so it is the one that was built. */
export const DOCUMENT_WORKER = new URL('../../dist/callfire/document/document-worker.js', import.meta.url);

/** One that never comes to an end with call 1 and has a bug with call 2. */
export const STUBBORN_WORKER = new URL('./stubborn-document-worker.mjs', import.meta.url);
