import type { FreshnessPolicy } from './calls/freshness.js';
import { readAccess, type Access } from './config/access.js';
import { contradictions } from './config/contradictions.js';
import { schema, type Variables } from './config/schema.js';
import { withSecretFiles, type Environment } from './secret-files.js';

/** Everything that operators decide, checked and in the units that the names say. */
export type Config = Variables & Access;

/** Lists every wrong or missing variable, a line each; never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /** `files` are those that were to be read. */
  constructor(
    readonly problems: readonly string[],
    readonly files: readonly string[] = [],
  ) {
    super(['The environment is not usable:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
}

/**
 * Reads the environment: secrets from their files, then every variable against the schema, then the files that the
 * variables name. To be called again whenever what is read from files may have changed. `readFile` throws for what is
 * not there.
 */
export function readConfig(environment: Environment, readFile: (path: string) => string): Config {
  const { values, problems } = withSecretFiles(environment, readFile);
  const parsed = schema.safeParse(values);
  if (!parsed.success) {
    // A secret whose file is at fault has been reported already.
    const reported = (variable: string) => problems.some((problem) => problem.startsWith(`${variable}_FILE`));
    for (const { path, message } of parsed.error.issues) {
      const variable = path.join('.');
      if (!reported(variable)) problems.push(`${variable} ${message}`);
    }
  }
  problems.push(...contradictions(values));
  const variables = parsed.data ?? schema.parse(withoutWrong(values, parsed.error.issues));
  const access = readAccess(variables, values, readFile);
  problems.push(...access.problems);
  if (problems.length > 0) throw new ConfigError(problems, access.value.files);
  return { ...variables, ...access.value };
}

/** What is wrong is as good as unset for a moment, so that the same error names what is wrong in the files. */
function withoutWrong(values: Environment, issues: readonly { readonly path: PropertyKey[] }[]): Environment {
  const wrong = new Set(issues.map(({ path }) => path[0]));
  return Object.fromEntries(Object.entries(values).filter(([variable]) => !wrong.has(variable)));
}

/** How long answers are kept, out of the whole. */
export function freshnessPolicy(config: Variables): FreshnessPolicy {
  return {
    states: new Set(config.CACHE_STATES),
    ttlSeconds: config.CACHE_TTL_SECONDS,
    settleSeconds: config.CACHE_SETTLE_SECONDS,
    staleSeconds: config.CACHE_STALE_SECONDS,
    negativeSeconds: config.CACHE_NEGATIVE_SECONDS,
  };
}
