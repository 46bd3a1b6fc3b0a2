import type { EventLog } from './calls/event-log.js';
import { ConfigError } from './config.js';
import type { Access } from './config/access.js';
import { FileWatch } from './file-watch.js';

interface ReloadOptions {
  /** What was read for the start. */
  readonly access: Access;
  /** Reads everything again. Throws a `ConfigError` where it is not usable. */
  readonly read: () => Access;
  /** Puts it in force. Where it throws, nothing has changed. */
  readonly use: (access: Access) => void;
  readonly log: EventLog;
}

/** What came of the last time that the files were read again. */
interface LastReload {
  readonly outcome: 'done' | 'refused';
  readonly cause: string;
  /** ISO 8601. */
  readonly at: string;
  /** Why it was refused, a line each. */
  readonly problems?: readonly string[];
}

const FILE_CHANGED = 'a file has changed';

/** Puts changed files in force: all of them together or, where any is broken, none. */
export class Reload {
  readonly #watch = new FileWatch(() => {
    this.now(FILE_CHANGED);
  });

  /** How often since the start, by outcome. */
  readonly counts = { done: 0, refused: 0 };
  #access: Access;
  #last: LastReload | undefined;
  #stopped = false;

  constructor(private readonly options: ReloadOptions) {
    this.#access = options.access;
  }

  get last(): LastReload | undefined {
    return this.#last;
  }

  /**
   * From now on a change of a file that the configuration names is noticed, and in force about two seconds after the last
   * one. What has changed since the files were read for the start is noticed here.
   */
  start(): void {
    if (this.#stopped) return;
    this.#watch.start();
    if (this.#watch.add(this.#access.files))
      this.#attempt(FILE_CHANGED, (read) => !isSame(read, this.#access));
  }

  /** Reads the files now. False where they are broken, which leaves everything as it was, and after `stop`. */
  now(cause: string): boolean {
    return !this.#stopped && this.#attempt(cause, () => true);
  }

  stop(): void {
    this.#stopped = true;
    this.#watch.close();
  }

  #attempt(cause: string, isWanted: (read: Access) => boolean): boolean {
    try {
      const access = this.#read();
      if (isWanted(access)) this.#use(access, cause);
      return true;
    } catch (error) {
      this.#note('refused', cause, error instanceof ConfigError ? error.problems : []);
      this.options.log.error(
        { audit: 'reload', cause, outcome: 'refused', ...reasonOf(error) },
        'What was changed is broken; consumers, accounts and secrets stay as they were',
      );
      return false;
    }
  }

  /** Files that are named only now are watched from here on and read once more, so that no change is lost in between. */
  #read(): Access {
    this.#watch.mark();
    try {
      const access = this.options.read();
      return this.#watch.add(access.files) ? this.#read() : access;
    } catch (error) {
      // A file that is missing may come.
      if (error instanceof ConfigError && this.#watch.add(error.files)) return this.#read();
      throw error;
    }
  }

  #use(access: Access, cause: string): void {
    this.options.use(access);
    this.#access = access;
    this.#watch.keepOnly(access.files);
    this.#note('done', cause);
    const { accounts, consumers } = access;
    this.options.log.info(
      { audit: 'reload', cause, outcome: 'done', accounts: accounts.length, consumers: consumers?.length },
      'Consumers, accounts and secrets have been read again and are in force',
    );
  }

  #note(outcome: LastReload['outcome'], cause: string, problems?: readonly string[]): void {
    this.counts[outcome] += 1;
    this.#last = { outcome, cause, at: new Date().toISOString(), ...(problems && { problems }) };
  }
}

/** As text, because URLs are all the same to `isDeepStrictEqual` of Node 20. */
function isSame(one: Access, other: Access): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Never the text of an error that is not ours, which may quote a secret. */
function reasonOf(error: unknown): object {
  if (error instanceof ConfigError) return { problems: error.problems };
  if (!(error instanceof Error)) return { error: typeof error };
  return { error: error.name, code: 'code' in error ? error.code : undefined };
}
