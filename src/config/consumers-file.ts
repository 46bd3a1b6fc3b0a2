import { z } from 'zod';
import { SCOPES, type RateLimit, type Scope } from '../access/caller.js';
import { isOrigin, name } from './fields.js';
import { parseFile } from './json-file.js';

/** A program or team that may ask, as `CONSUMERS_FILE` describes it. */
export interface ConsumerConfig {
  readonly name: string;
  readonly keys: readonly ConsumerKey[];
  /** Undefined: the only account there is. */
  readonly account: string | undefined;
  readonly scopes: readonly Scope[];
  readonly limit: RateLimit | undefined;
  readonly origins: readonly string[] | undefined;
}

export interface ConsumerKey {
  /** SHA-256 of the key, in lower-case hex. The key itself is nowhere. */
  readonly sha256: string;
  /** Milliseconds since the epoch from which on the key is refused; undefined: never. */
  readonly expires: number | undefined;
}

const MOST_CONSUMERS = 10_000;
const MOST_KEYS = 10;

const key = z.strictObject({
  sha256: z
    .string({ error: 'must be a text' })
    .regex(/^[0-9a-f]{64}$/, { error: 'must be a SHA-256 in 64 lower-case hex digits' }),
  expires: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2027-01-31T00:00:00Z' })
    .transform((time) => Date.parse(time))
    .optional(),
});

const wholeNumber = (max: number) => {
  const error = `must be a whole number from 1 to ${max}`;
  return z.int({ error }).min(1, { error }).max(max, { error });
};

const consumer = z.strictObject({
  name,
  keys: z.array(key, { error: 'must be a list' }).max(MOST_KEYS, {
    error: `must be at most ${MOST_KEYS} keys`,
  }),
  account: name.optional(),
  scopes: z
    .array(z.enum(SCOPES, { error: `must be one of ${SCOPES.join(', ')}` }), { error: 'must be a list' })
    .default(['calls:read']),
  limit: z.strictObject({ requests: wholeNumber(999_999_999), seconds: wholeNumber(86_400) }).optional(),
  origins: z
    .array(
      z.string({ error: 'must be a text' }).refine(isOrigin, {
        error: 'must be an exact origin such as https://app.example.com',
      }),
      { error: 'must be a list' },
    )
    .optional(),
});

const once = (values: readonly string[]) => new Set(values).size === values.length;

/** What `CONSUMERS_FILE` may hold; `npm run consumer` writes it. */
export const consumersSchema = z.strictObject({
  consumers: z
    .array(consumer, { error: 'must be a list' })
    .max(MOST_CONSUMERS, { error: `must name at most ${MOST_CONSUMERS} consumers` })
    .refine((all) => once(all.map((one) => one.name)), { error: 'must have each name once' })
    .refine((all) => once(all.flatMap(({ keys }) => keys.map(({ sha256 }) => sha256))), {
      error: 'must have each key once',
    }),
});

/** The same, as it stands in the file. */
export type ConsumersDocument = z.input<typeof consumersSchema>;

/** The consumers in `CONSUMERS_FILE`, or what is wrong with it. */
export function readConsumersFile(
  path: string,
  readFile: (path: string) => string,
): { consumers: readonly ConsumerConfig[]; problems: readonly string[] } {
  const { value, problems } = parseFile(path, readFile, consumersSchema);
  const consumers = (value?.consumers ?? []).map((one) => ({
    ...one,
    keys: one.keys.map(({ sha256, expires }) => ({ sha256, expires })),
    account: one.account,
    limit: one.limit,
    origins: one.origins,
  }));
  return { consumers, problems };
}
