/** A promise that was still open when its time was over. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** Settles like `promise`; rejects with a DeadlineError once `ms` milliseconds are over. */
export function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // After the event loop was held up, timers run before sockets are read: the answer may lie there, in time.
      setImmediate(() => {
        reject(new DeadlineError(`No answer within ${ms} ms`));
      });
    }, ms);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
