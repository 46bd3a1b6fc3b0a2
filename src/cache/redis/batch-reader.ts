/** Reads several keys at once, in their order; undefined if that did not work. Never rejects. */
type ReadAll = (keys: string[]) => Promise<readonly (Buffer | null)[] | undefined>;

/** Bounds how long one reply can hold up Redis and the others in its batch. */
const LARGEST_BATCH = 64;

interface Waiting {
  readonly key: string;
  readonly resolve: (bytes: Buffer | null) => void;
}

/**
 * Joins the reads of one turn of the event loop into one command, which costs about a quarter of a command each. The
 * turn's end is `setImmediate`: it comes after all sockets that had a request ready were read.
 */
export function createBatchReader(readAll: ReadAll): (key: string) => Promise<Buffer | null> {
  let waiting: Waiting[] = [];
  return (key) =>
    new Promise((resolve) => {
      if (waiting.push({ key, resolve }) > 1) return;
      setImmediate(() => {
        const joined = waiting;
        waiting = [];
        for (let i = 0; i < joined.length; i += LARGEST_BATCH)
          void answer(joined.slice(i, i + LARGEST_BATCH), readAll);
      });
    });
}

async function answer(batch: readonly Waiting[], readAll: ReadAll): Promise<void> {
  const values = await readAll(batch.map(({ key }) => key));
  batch.forEach(({ resolve }, i) => {
    resolve(values?.[i] ?? null);
  });
}
