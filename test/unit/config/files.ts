import { ConfigError, readConfig, type Config } from '../../../src/config.js';
import type { Environment } from '../../../src/secret-files.js';

/** Files by path; what is no text is written as JSON. */
export type Files = Readonly<Record<string, unknown>>;

/** Reads from the given files alone. */
export function reader(files: Files): (path: string) => string {
  return (path) => {
    const content = files[path];
    if (content === undefined) throw new Error(`ENOENT ${path}`);
    return typeof content === 'string' ? content : JSON.stringify(content);
  };
}

export function configOf(environment: Environment, files: Files = {}): Config {
  return readConfig(environment, reader(files));
}

export function problemsOf(environment: Environment, files: Files = {}): readonly string[] {
  try {
    configOf(environment, files);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
