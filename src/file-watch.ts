import { unwatchFile, watchFile, type StatsListener } from 'node:fs';

const LOOK_EVERY_MS = 1000;

/**
 * Watches files for a change of what they hold, also where one is replaced or is behind a link that is. By looking, because
 * what the system announces depends on how a file was changed.
 */
export class FileWatch {
  readonly #watched = new Set<string>();
  readonly #listener: StatsListener;

  constructor(onChange: () => void) {
    this.#listener = (now, before) => {
      if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size) onChange();
    };
  }

  /** Watches these, and no others any more. */
  watch(paths: readonly string[]): void {
    for (const path of this.#watched) if (!paths.includes(path)) this.#forget(path);
    for (const path of paths) {
      if (this.#watched.has(path)) continue;
      this.#watched.add(path);
      watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, this.#listener);
    }
  }

  close(): void {
    this.watch([]);
  }

  #forget(path: string): void {
    this.#watched.delete(path);
    unwatchFile(path, this.#listener);
  }
}
