import { decodeOutcome, type Told } from './lease-message.js';

/** For how many milliseconds it still makes sense to wait; 0: not at all. Never rejects. */
type Check = (wait: LeaseWait) => Promise<number>;

/** A dead owner and a lost message are noticed within this time. */
const CHECK_EVERY_MS = 1_000;

const SPACE = 0x20;

interface LeaseWaitsOptions {
  readonly check: Check;
  /** Called every `beatMs` while something is waited for: to wait for a Redis that answers nothing any more makes no sense. */
  readonly onBeat: () => void;
  readonly beatMs: number;
}

/** The claims of this process that wait to be told what came of a fetch. */
export class LeaseWaits {
  readonly #waits = new Map<string, LeaseWait>();
  #begun = 0;
  #beat: NodeJS.Timeout | undefined;

  constructor(private readonly options: LeaseWaitsOptions) {}

  /** With a token that no other claim ever had. */
  begin(inbox: string, key: string): LeaseWait {
    this.#begun += 1;
    const number = String(this.#begun);
    const { check, onBeat, beatMs } = this.options;
    const wait = new LeaseWait(`${inbox}:${number}`, key, check);
    this.#waits.set(number, wait);
    this.#beat ??= setInterval(onBeat, beatMs);
    void wait.outcome.then(() => {
      this.#forget(number);
    });
    return wait;
  }

  /** `<number> <outcome>`, as END_SCRIPT sends it. */
  tell(message: Buffer): void {
    const numberEnd = message.indexOf(SPACE);
    const wait = this.#waits.get(message.toString('latin1', 0, numberEnd));
    wait?.end(decodeOutcome(wait.key, message.subarray(numberEnd + 1)));
  }

  endAll(): void {
    for (const wait of this.#waits.values()) wait.end();
  }

  #forget(number: string): void {
    this.#waits.delete(number);
    if (this.#waits.size > 0) return;
    clearInterval(this.#beat);
    this.#beat = undefined;
  }
}

export class LeaseWait {
  /** What the claim was told; undefined once it will not be told any more. */
  readonly outcome: Promise<Told>;
  #resolve: (outcome: Told) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    readonly token: string,
    readonly key: string,
    private readonly check: Check,
  ) {
    this.outcome = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Looks after the lease from now on; it expires after so many milliseconds at the latest. */
  checkWithin(ms: number): void {
    if (!this.#ended) this.#timer = setTimeout(() => void this.#look(), Math.min(ms, CHECK_EVERY_MS));
  }

  end(told?: Told): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#resolve(told);
  }

  async #look(): Promise<void> {
    const left = await this.check(this);
    if (left > 0) this.checkWithin(left);
    else this.end();
  }
}
