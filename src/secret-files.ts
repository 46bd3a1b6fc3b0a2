export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that may instead be given as `…_FILE`, the path of a file that holds the value. */
const SECRETS = [
  'CALLFIRE_LOGIN',
  'CALLFIRE_PASSWORD',
  'CALLFIRE_NEXT_LOGIN',
  'CALLFIRE_NEXT_PASSWORD',
  'REDIS_URL',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const;

/**
 * The environment with the values of secrets that are given as files, and what is wrong with those. An empty variable
 * counts as unset, which is what compose files make of a missing one.
 */
export function withSecretFiles(environment: Environment, readFile: (path: string) => string) {
  const values = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const problems: string[] = [];
  for (const name of SECRETS) {
    const path = values[`${name}_FILE`];
    if (path === undefined) continue;
    if (values[name] !== undefined) problems.push(`${name} and ${name}_FILE are both set; set one`);
    try {
      values[name] = readFile(path).replace(/\r?\n$/, '');
    } catch (error) {
      problems.push(`${name}_FILE ${unreadable(error)}`);
    }
    if (values[name] === '') problems.push(`${name}_FILE names a file that is empty`);
  }
  return { values, problems };
}

/** Why a file that is named somewhere does not help, as far as the system says it. Not the path: it may be the secret itself. */
export function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return `names a file that cannot be read${/^E[A-Z]+$/.test(code) ? ` (${code})` : ''}`;
}
