import { statSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

const LOOK_EVERY_MS = 1000;

/** After that many looks that found something new, it is told of even where no look found everything quiet. */
const MOST_UNQUIET_LOOKS = 10;

/**
 * Watches files for a change of what they hold, also where one appears, is replaced, or is behind a link that is. By
 * looking, because what the system announces depends on how a file was changed. Tells of changes when a look later nothing
 * more has changed: a login and its password come in two files, one after the other.
 */
export class FileWatch {
  readonly #stamps = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #marks = 0;
  #unquietLooks = 0;

  constructor(private readonly onChange: () => void) {}

  /** From now on changes are told of. */
  start(): void {
    this.#timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  /** Watches these, too. Whether any is new here: it may have changed since it was read. */
  add(paths: readonly string[]): boolean {
    const added = paths.filter((path) => !this.#stamps.has(path));
    for (const path of added) this.#stamps.set(path, stampNow(path));
    return added.length > 0;
  }

  /** Watches no others any more. */
  keepOnly(paths: readonly string[]): void {
    for (const path of this.#stamps.keys()) if (!paths.includes(path)) this.#stamps.delete(path);
  }

  /** To be called right before the files are read: from here on, what has changed is new again. */
  mark(): void {
    this.#marks += 1;
    this.#unquietLooks = 0;
    for (const path of this.#stamps.keys()) this.#stamps.set(path, stampNow(path));
  }

  close(): void {
    this.mark();
    clearInterval(this.#timer);
  }

  /** What `start` has done again and again. */
  async look(): Promise<void> {
    // A file system that hangs answers one look at a time.
    if (this.#looking) return;
    this.#looking = true;
    const marks = this.#marks;
    const paths = [...this.#stamps.keys()];
    const stamps = await Promise.all(paths.map((path) => stat(path).then(stampOf, codeOf)));
    this.#looking = false;
    if (marks !== this.#marks) return;
    const changed = paths.filter((path, index) => stamps[index] !== this.#stamps.get(path));
    paths.forEach((path, index) => this.#stamps.set(path, stamps[index] ?? ''));
    if (changed.length > 0) this.#unquietLooks += 1;
    if (this.#unquietLooks === 0) return;
    if (changed.length > 0 && this.#unquietLooks < MOST_UNQUIET_LOOKS) return;
    this.#unquietLooks = 0;
    this.onChange();
  }
}

function stampNow(path: string): string {
  try {
    return stampOf(statSync(path));
  } catch (error) {
    return codeOf(error);
  }
}

/** The time of the last change of a file's attributes, too: one that becomes readable is as good as a new one. */
function stampOf({ mtimeMs, ctimeMs, ino, size }: Stats): string {
  return [mtimeMs, ctimeMs, ino, size].join(' ');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
