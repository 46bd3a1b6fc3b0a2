import type { Config, ConfigError } from '../config.js';
import type { ConfigReader } from '../config-reader.js';
import type { ToPrimary, ToWorker } from './messages.js';

/** How a worker begins whose files are broken. */
export interface Borrowed {
  readonly config: Config;
  /** What is wrong with the files. */
  readonly problems: readonly string[];
  /** What else the primary process said meanwhile, each with the connection that came with it, in order. */
  readonly unheard: readonly Heard[];
}

type Heard = readonly [message: ToWorker, handle: unknown];

/**
 * Has the primary process say what the files held when they were usable last, because those that run go on with that,
 * too. Undefined where nobody answers any more.
 */
export function borrowConfig(reader: ConfigReader, { problems }: ConfigError): Promise<Borrowed | undefined> {
  return new Promise((resolve) => {
    const unheard: Heard[] = [];
    const received = (untyped: unknown, handle: unknown) => {
      const message = untyped as ToWorker;
      if (message.type !== 'lent') {
        unheard.push([message, handle]);
        return;
      }
      // What comes from now on waits for the next listener: node keeps it.
      process.off('message', received).off('disconnect', leftAlone);
      resolve({ config: reader.readFrom(message.contents), problems, unheard });
    };
    const leftAlone = () => {
      resolve(undefined);
    };
    process.on('message', received).once('disconnect', leftAlone);
    if (process.connected) process.send?.({ type: 'borrow' } satisfies ToPrimary);
    else leftAlone();
  });
}
