import type { AccountConfig } from '../config/accounts-file.js';
import type { Account } from './account.js';

interface AccountsOptions {
  readonly open: (config: AccountConfig) => Account;
  /** How long the lookups of one that is not served any more may take to end, in milliseconds. */
  readonly retireMs: number;
}

/** How long what is streamed for one that is not served any more may go on after that. */
const LONGEST_STREAM_MS = 3_600_000;

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
   * Serves these from now on; throws, with nothing changed, where one cannot be opened. One that goes on with other
   * credentials or another limit keeps its breaker, its fetches and what its readers saw; one that asks elsewhere, or is
   * gone, is retired.
   */
  use(configs: readonly AccountConfig[]): void {
    const before = this.#accounts;
    this.#accounts = this.#prepare(configs);
    for (const config of configs) {
      const account = this.#accounts.get(config.name);
      if (account === before.get(config.name)) account?.takeOver(config);
    }
    for (const account of before.values())
      if (this.#accounts.get(account.name) !== account) this.#retire(account);
  }

  async close(): Promise<void> {
    for (const timer of this.#retired.values()) clearTimeout(timer);
    await Promise.all([...this.all, ...this.#retired.keys()].map((account) => account.close()));
  }

  #prepare(configs: readonly AccountConfig[]): ReadonlyMap<string, Account> {
    const opened: Account[] = [];
    const accountFor = (config: AccountConfig) => {
      const kept = this.#accounts.get(config.name);
      if (kept?.suits(config) === true) return kept;
      const account = this.options.open(config);
      opened.push(account);
      return account;
    };
    try {
      return new Map(configs.map((config) => [config.name, accountFor(config)]));
    } catch (error) {
      for (const account of opened) void account.close();
      throw error;
    }
  }

  #retire(account: Account): void {
    const close = () => {
      clearTimeout(this.#retired.get(account));
      if (this.#retired.delete(account)) void account.close();
    };
    const closeWhenIdle = () => {
      this.#retired.set(account, setTimeout(close, LONGEST_STREAM_MS));
      void account.idle().then(close);
    };
    this.#retired.set(account, setTimeout(closeWhenIdle, this.options.retireMs));
  }
}
