/** Every way a request can fail, by its code in the problem body. `http/problem.ts` maps each to a status. */
export type ErrorCode =
  | 'invalid-call-id'
  | 'invalid-parameter'
  | 'unauthenticated'
  | 'forbidden'
  | 'rate-limited'
  | 'authentication-unavailable'
  | 'call-not-found'
  | 'route-not-found'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'upstream-rejected'
  | 'upstream-credentials-rejected'
  | 'upstream-unreachable'
  | 'upstream-error'
  | 'upstream-invalid-response'
  | 'upstream-timeout'
  | 'upstream-rate-limited'
  | 'upstream-unavailable'
  | 'overloaded'
  | 'not-cached'
  | 'internal-error'
  | OperatorsCode;

/** Those that only the operators' listener answers. */
export type OperatorsCode = 'account-not-found' | 'nothing-kept' | 'operation-incomplete';

/** What CallFire said when it refused: the HTTP status, and the message of its ResourceException if it sent one. */
export interface UpstreamReply {
  readonly status: number;
  readonly message: string | null;
}

interface ErrorContext {
  readonly upstream?: UpstreamReply | undefined;
  /** Whole seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number | undefined;
  /** The methods that would have been accepted, for `method-not-allowed`. */
  readonly allow?: string | undefined;
  readonly cause?: unknown;
}

/** A failure with a code. `message` becomes the problem's `detail`: it tells the caller what to do and holds no secret. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly upstream: UpstreamReply | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly allow: string | undefined;

  constructor(
    readonly code: ErrorCode,
    detail: string,
    context: ErrorContext = {},
  ) {
    super(detail, { cause: context.cause });
    this.upstream = context.upstream;
    this.retryAfterSeconds = context.retryAfterSeconds;
    this.allow = context.allow;
  }
}
