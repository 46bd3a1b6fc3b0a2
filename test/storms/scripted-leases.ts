import type { CallLeases, FetchOutcome } from '../../src/calls/call-leases.js';
import { GatewayError } from '../../src/errors.js';
import type { History } from './history.js';
import type { RedisLink } from './redis-link.js';
import { copyOf, type Claimed, type ScriptedRedis } from './scripted-redis.js';

interface LeasesOptions {
  readonly link: RedisLink;
  readonly redis: ScriptedRedis;
  readonly history: History;
  readonly gateway: string;
  readonly leaseMs: number;
}

/** The lease port over a link: who waits is told over the connection for announcements, or finds that the lease has expired. */
export class ScriptedLeases implements CallLeases {
  readonly #waits = new Set<() => void>();

  constructor(private readonly options: LeasesOptions) {
    options.link.onDoubt(() => {
      for (const giveUp of this.#waits) giveUp();
    });
  }

  async claim(key: string) {
    const { link, redis, history, gateway, leaseMs } = this.options;
    if (!link.hears()) return undefined;
    const token = {};
    // Before the claim is sent: the owner's message can overtake the reply.
    const wait = this.#wait();
    const release = (outcome?: FetchOutcome) => {
      void link.guard.run('end', () =>
        link.send(() => {
          redis.endLease(key, token, published(outcome, history));
        }),
      );
    };
    let late = false;
    const claimed = await link.guard.run('claim', async (): Promise<Claimed> => {
      const reply = await link.send(() =>
        redis.claim(key, token, leaseMs, gateway, (outcome, lease) => {
          link.hear(() => {
            lease.end = history.now();
            wait.end(outcome);
          });
        }),
      );
      if (late && reply.held) release();
      return reply;
    });
    late = true;
    if (claimed?.held === false) {
      wait.endWithin(claimed.leftMs);
      return { held: false, outcome: wait.outcome } as const;
    }
    wait.end();
    return claimed && ({ held: true, kept: claimed.kept, end: release } as const);
  }

  #wait() {
    let resolve: (outcome: FetchOutcome | undefined) => void = () => undefined;
    let timer: NodeJS.Timeout | undefined;
    const outcome = new Promise<FetchOutcome | undefined>((settle) => (resolve = settle));
    const end = (told?: FetchOutcome) => {
      clearTimeout(timer);
      this.#waits.delete(giveUp);
      resolve(told);
    };
    const giveUp = () => {
      end();
    };
    this.#waits.add(giveUp);
    const endWithin = (ms: number) => {
      if (this.#waits.has(giveUp)) timer = setTimeout(giveUp, ms);
    };
    return { outcome, end, endWithin };
  }
}

/** What crosses the wire: no object, no cause. */
function published(outcome: FetchOutcome | undefined, history: History): FetchOutcome | undefined {
  if (outcome === undefined) return undefined;
  if ('entry' in outcome) return { entry: copyOf(outcome.entry) };
  const { code, message, upstream, retryAfterSeconds } = outcome.error;
  history.outgoing.push(JSON.stringify({ code, message, upstream }));
  return { error: new GatewayError(code, message, { upstream, retryAfterSeconds }) };
}
