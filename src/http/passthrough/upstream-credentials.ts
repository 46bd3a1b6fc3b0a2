import type { IncomingHttpHeaders } from 'node:http';

/** The gateway's credentials at the upstream, as values of the `Authorization` header. */
export interface UpstreamCredentials {
  /** What requests begin with. */
  readonly authorization: string;
  /** What a request that was rejected with one value may be sent with once more; undefined where there is nothing else. */
  other(rejected: string): string | undefined;
  /** The upstream answered what was sent with the value that `other` gave; whether it took it is to be seen by the status. */
  answered(authorization: string, status: number): void;
  /** The upstream rejected it, and the request cannot be sent again; later ones should begin with another. */
  rejected(authorization: string): void;
}

/** The credentials of one request under way. */
export class RequestCredentials {
  readonly #hasBody: boolean;
  #inUse: string | undefined;
  #switched = false;

  /** `headers` are those that the request came with. */
  constructor(
    private readonly credentials: UpstreamCredentials,
    headers: IncomingHttpHeaders,
  ) {
    const { 'content-length': length = '0', 'transfer-encoding': coding } = headers;
    this.#hasBody = coding !== undefined || Number(length) !== 0;
  }

  /** To be asked for as the request is sent, which may have waited while the credentials changed. */
  get authorization(): string {
    return (this.#inUse ??= this.credentials.authorization);
  }

  /**
   * To be told of the status of every answer. Whether it is to be dropped and the request sent again: once at most, after
   * a 401, and only without a body, which has been streamed and is gone.
   */
  shallSendAgain(status: number): boolean {
    const { authorization, credentials } = this;
    if (status !== 401) {
      if (this.#switched) credentials.answered(authorization, status);
      return false;
    }
    if (this.#hasBody) credentials.rejected(authorization);
    const other = this.#hasBody || this.#switched ? undefined : credentials.other(authorization);
    if (other === undefined) return false;
    this.#switched = true;
    this.#inUse = other;
    return true;
  }
}
