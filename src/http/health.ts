/** What the gateway depends on, as far as it knows at the moment. */
export interface Health {
  readonly stopping: boolean;
  /** `memory` where no Redis is configured. */
  readonly cache: 'up' | 'down' | 'memory';
  /** `failing` while the breaker is open. */
  readonly upstream: 'ok' | 'failing';
  /** How many workers are up, of how many; undefined where the gateway is one process. */
  readonly workers?: { readonly up: number; readonly of: number };
}
