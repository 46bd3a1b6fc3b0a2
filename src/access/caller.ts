/** What a consumer may be allowed to do; a later capability adds its own. */
export const SCOPES = ['calls:read', 'passthrough:read', 'passthrough:write'] as const;

export type Scope = (typeof SCOPES)[number];

/** At most so many requests in so many seconds. */
export interface RateLimit {
  readonly requests: number;
  readonly seconds: number;
}

/** Who asks, on whose account, and what they may. One object serves all requests of a key. */
export interface Caller {
  /** `open` where nobody has to say who they are. */
  readonly kind: 'open' | 'key' | 'token';
  /** The consumer. Made of `A-Z a-z 0-9 . _ : @ -`, hence safe in log lines. */
  readonly name: string;
  /** The name of the account whose CallFire credentials are used. */
  readonly account: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Undefined: no limit. */
  readonly limit: RateLimit | undefined;
  /** The browser origins that may use it; undefined: those that `CORS_ORIGINS` names. */
  readonly origins: ReadonlySet<string> | undefined;
}

/** Whom counts and traces name: a token's subject is whatever its issuer made it, a person's number perhaps. */
export function labelOf({ kind, name }: Caller): string {
  return kind === 'key' ? name : kind;
}
