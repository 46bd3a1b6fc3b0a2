/** Says in one line what is wrong with a value, or nothing. `at` is what the line calls it. */
export type Check = (value: unknown, at: string) => string | undefined;

export const text: Check = (value, at) => (typeof value === 'string' ? undefined : `${at} must be a string`);

export const flag: Check = (value, at) =>
  typeof value === 'boolean' ? undefined : `${at} must be true or false`;

export const decimal: Check = (value, at) =>
  typeof value === 'string' || typeof value === 'number' ? undefined : `${at} must be a string or a number`;

export function integer(least: number, most = Number.MAX_SAFE_INTEGER): Check {
  return (value, at) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? undefined
      : `${at} must be a whole number from ${least} to ${most}`;
}

export function matching(pattern: RegExp, words: string): Check {
  return (value, at) =>
    typeof value === 'string' && pattern.test(value) ? undefined : `${at} must be ${words}`;
}

export function oneOf(...allowed: readonly string[]): Check {
  return (value, at) =>
    typeof value === 'string' && allowed.includes(value)
      ? undefined
      : `${at} must be one of ${allowed.join(', ')}`;
}

export function listOf(item: Check): Check {
  return (value, at) =>
    Array.isArray(value)
      ? firstComplaint(value.map((entry: unknown, index) => () => item(entry, `${at}[${index}]`)))
      : `${at} must be a list`;
}

/** An object with any keys that `key` accepts. */
export function mapOf(key: Check, item: Check): Check {
  return (value, at) =>
    isObject(value)
      ? firstComplaint(
          Object.entries(value).map(
            ([name, entry]) =>
              () =>
                key(name, `the name '${name}' in ${at}`) ?? item(entry, `${at}.${name}`),
          ),
        )
      : `${at} must be an object`;
}

/** An object of `T`'s keys and no others; keys whose value is undefined count as absent. */
export function object<T>(
  checks: Record<keyof T & string, Check>,
  required: readonly (keyof T & string)[] = [],
): Check {
  const known = new Map<string, Check>(Object.entries(checks));
  const ofKey = (name: string, value: unknown, at: string): string | undefined => {
    const check = known.get(name);
    if (check === undefined) return `${at} has no '${name}'; it has ${[...known.keys()].join(', ')}`;
    return value === undefined ? undefined : check(value, `${at}.${name}`);
  };
  return (value, at) => {
    if (!isObject(value)) return `${at} must be an object`;
    const missing = required.find((name) => value[name] === undefined);
    if (missing !== undefined) return `${at}.${missing} is missing`;
    return firstComplaint(
      Object.entries(value).map(
        ([name, entry]) =>
          () =>
            ofKey(name, entry, at),
      ),
    );
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstComplaint(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const complaint = check();
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}
