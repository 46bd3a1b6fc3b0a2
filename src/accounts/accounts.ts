import type { AccountConfig } from '../config/accounts-file.js';
import type { Account } from './account.js';

interface AccountsOptions {
  readonly open: (config: AccountConfig) => Account;
  /** How long the requests of one that is not served any more may take to end, in milliseconds. */
  readonly retireMs: number;
}

/** The accounts in use, by name. */
export class Accounts {
  #accounts: ReadonlyMap<string, Account> = new Map();
  readonly #retired = new Map<Account, NodeJS.Timeout>();

  constructor(private readonly options: AccountsOptions) {}

  get(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  get all(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  /**
   * Serves these from now on. One whose credentials alone have changed goes on with them, its connections, breaker and
   * what its readers saw; one that has changed otherwise, or is gone, is retired.
   */
  use(configs: readonly AccountConfig[]): void {
    const before = this.#accounts;
    this.#accounts = new Map(
      configs.map((config) => {
        const kept = before.get(config.name);
        return [config.name, kept?.takeOver(config) === true ? kept : this.options.open(config)];
      }),
    );
    for (const account of before.values())
      if (this.#accounts.get(account.name) !== account) this.#retire(account);
  }

  async close(): Promise<void> {
    for (const timer of this.#retired.values()) clearTimeout(timer);
    await Promise.all([...this.all, ...this.#retired.keys()].map((account) => account.close()));
  }

  #retire(account: Account): void {
    const timer = setTimeout(() => {
      this.#retired.delete(account);
      void account.close();
    }, this.options.retireMs);
    this.#retired.set(account, timer);
  }
}
