import type { EventLog } from './calls/event-log.js';
import { ConfigError, type Config } from './config.js';
import { FileWatch } from './file-watch.js';

interface ReloadOptions {
  readonly config: Config;
  /** Reads everything again. Throws a `ConfigError` where it is not usable. */
  readonly read: () => Config;
  /** Puts in force what may change while the gateway runs. */
  readonly use: (config: Config) => void;
  readonly log: EventLog;
}

/** What came of the last time that the files were read again. */
export interface LastReload {
  readonly outcome: 'done' | 'refused';
  readonly cause: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Puts changed files in force: all of them together or, where any is broken, none. */
export class Reload {
  readonly #watch = new FileWatch(() => {
    this.now('a file has changed');
  });

  /** How often since the start, by outcome. */
  readonly counts = { done: 0, refused: 0 };
  #last: LastReload | undefined;

  constructor(private readonly options: ReloadOptions) {}

  get last(): LastReload | undefined {
    return this.#last;
  }

  /** From now on a change of a file that the configuration names is noticed within a second or two. */
  start(): void {
    this.#watch.watch(this.options.config.files);
  }

  /** Reads the files now. False where they are broken, which leaves everything as it was. */
  now(cause: string): boolean {
    const { read, use, log } = this.options;
    try {
      const config = read();
      use(config);
      this.#watch.watch(config.files);
      this.#note('done', cause);
      const { accounts, consumers } = config;
      log.info(
        { audit: 'reload', cause, outcome: 'done', accounts: accounts.length, consumers: consumers?.length },
        'Consumers, accounts and secrets have been read again and are in force',
      );
      return true;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#note('refused', cause);
      log.error(
        { audit: 'reload', cause, outcome: 'refused', problems: error.problems },
        'What was changed is broken; consumers, accounts and secrets stay as they were',
      );
      return false;
    }
  }

  #note(outcome: LastReload['outcome'], cause: string): void {
    this.counts[outcome] += 1;
    this.#last = { outcome, cause, at: new Date().toISOString() };
  }

  stop(): void {
    this.#watch.close();
  }
}
