import { readConfig, type Config } from './config.js';
import type { Environment } from './secret-files.js';

type ReadFile = (path: string) => string;

/** Files by path, with what they held. Secrets are among it: for the gateway's own processes, and for nobody else. */
export type FileContents = readonly (readonly [path: string, text: string])[];

/** Reads the configuration, and remembers what its files held when it was usable last. */
export class ConfigReader {
  #contents: FileContents = [];

  /** `readFile` throws for what is not there. */
  constructor(
    private readonly environment: Environment,
    private readonly readFile: ReadFile,
  ) {}

  get contents(): FileContents {
    return this.#contents;
  }

  /** Throws a `ConfigError`. */
  read(): Config {
    return this.#readWith(this.readFile);
  }

  /** The same from what the files once held. */
  readFrom(contents: FileContents): Config {
    const texts = new Map(contents);
    return this.#readWith((path) => {
      const text = texts.get(path);
      if (text === undefined) throw new Error('It was not among the files.');
      return text;
    });
  }

  #readWith(readFile: ReadFile): Config {
    const texts = new Map<string, string>();
    const config = readConfig(this.environment, (path) => {
      const text = readFile(path);
      texts.set(path, text);
      return text;
    });
    this.#contents = [...texts];
    return config;
  }
}
